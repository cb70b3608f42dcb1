// bank.h: a bank of accounts, the same in five ways to lock it (bank-*.c), and what the host sees.
//
// All that a bank knows is its *ledger*: one page, mapped at BANK_LEDGER in every domain that keeps
// it, where the program's own memory never lies (below its text). A page of zeros is a bank that
// has just opened, so nobody opens it. The host may look at the page at any moment:
//
//   offset
//   0     magic      "BANK", once anybody was here
//   4     way        'a' to 'e': the program that keeps it
//   8     lock       0, or 1 + the number of who is inside (b and e: the caller who is served)
//   12    waiting    c: bit n is set while concurrencer n means to be woken
//   16    begun      transactions begun, and
//   20    done       done; they differ by one while somebody is inside. d counts in tellers only
//   24    pair       d: the change of two balances, 16 bits each
//   64    teller     32 × 16 bytes, one for each caller: state, begun, done, waits
//   576   worker     16 × 16 bytes, c: the same of each concurrencer, "waits" being its sleeps
//   1024  change     64 × 4 bytes: what has come to each account since opening, less what has gone
//
// All little-endian. An account was opened with BANK_OPENING; it may be overdrawn. So:
// - money is conserved when the changes add up to 0 (d: both halves of `pair`, modulo 2^16);
// - in the middle of a transaction they don't: one account is debited, the other not yet credited;
// - a lock is left held when it is not 0 though nobody inside will ever go on.
//
// A transaction is a debit, WORK rounds of two instructions each, a credit: as long for every
// caller and all accounts, to the cycle.
#pragma once
#include <primemeter.h>
#include <stdint.h>

#define BANK_LEDGER 0x8000
#define BANK_MAGIC 0x4b4e4142u

enum { BANK_OPENING = 1000, BANK_ACCOUNTS = 64, BANK_TELLERS = 32, BANK_WORKERS = 16 };
enum { BANK_WORK = 150 };  // rounds, where the arguments do not say

enum bank_state { BANK_OUTSIDE = 0, BANK_WANTS = 1, BANK_INSIDE = 2, BANK_ASLEEP = 3 };

typedef struct bank_person {
  uint32_t state;  // enum bank_state
  uint32_t begun;
  uint32_t done;
  uint32_t waits;  // how often it found the lock taken (a), its word changed (d), or slept (c)
} bank_person;

typedef struct bank_ledger {
  uint32_t magic;
  uint32_t way;
  uint32_t lock;
  uint32_t waiting;
  uint32_t begun;
  uint32_t done;
  uint32_t pair;
  uint32_t unused[9];
  bank_person teller[BANK_TELLERS];
  bank_person worker[BANK_WORKERS];
  uint32_t unused2[48];
  int32_t change[BANK_ACCOUNTS];
} bank_ledger;

_Static_assert(offsetof(bank_ledger, teller) == 64, "as told above");
_Static_assert(offsetof(bank_ledger, worker) == 576, "as told above");
_Static_assert(offsetof(bank_ledger, change) == 1024, "as told above");

// Volatile: others, and the host, look at every moment; each store is done where it is written.
static volatile bank_ledger *const bank = (volatile bank_ledger *)BANK_LEDGER;

// A transfer, as callers ask for it.
typedef struct bank_transfer {
  uint32_t from, to, amount;
} bank_transfer;

// Says who keeps the ledger.
void bank_open(char way);

// The n-th transfer that teller number `teller` wishes.
bank_transfer bank_wish(uint32_t teller, uint32_t n);

// A transaction. Whoever calls it is the only one inside.
void bank_do(const bank_transfer *transfer, uint32_t work);

// So many rounds of two instructions.
void bank_work(uint32_t rounds);

// --- Servers (b, c, e) ---------------------------------------------------------------------------

// Orders, to a server's start key, whose data byte is the caller's number as a teller, 0 to 31. The
// numbers in strings are big-endian, as everywhere.
enum {
  BANK_TRANSFER = 1,  // 12 bytes: from, to, amount. Key 1: e: the caller's meter key. 4 bytes: done
  BANK_BALANCE = 2,   // 4 bytes: account. 4 bytes: its balance, BANK_OPENING and the change
  BANK_AUDIT = 3      // 8 bytes: the money of all accounts (4, signed), transactions done
};
enum { BANK_REFUSED = 2 };  // a string too short, or no such account; nothing was done

enum { BANK_STRING = 12 };
enum { BANK_DISCRIM = 9 };  // the slot of the discrim key, or nothing: a server's own protection

// Reads a transfer out of a message: PM_OK, or BANK_REFUSED.
uint32_t bank_read(const pm_inbox *inbox, bank_transfer *transfer);

// A transfer for the caller with this number, in its teller's books. The server has the lock.
void bank_serve(uint32_t teller, const bank_transfer *transfer, uint32_t work);

// What is answered to orders that move no money; *length is set to that of the string. The server
// has the lock.
uint32_t bank_look(const pm_inbox *inbox, uint8_t *string, uint32_t *length);
