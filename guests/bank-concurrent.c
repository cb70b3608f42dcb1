// bank-concurrent NUMBER [WORK]: the bank, way c: several domains, the "concurrencers", keep the
// ledger together behind a lock word, all on their owner's meter, and each has callers of its own.
// One that finds the lock taken goes to sleep on its own join object:
//
//   sleeper                                unlocker
//   1 gets a key to its join, puts it      1 lock = 0
//     into the shared node                 2 takes all waiting bits, and for each of them
//   2 sets its waiting bit                 3 sends to the key in the shared node
//   3 tries the lock again; taken:
//   4 waits on its join
//
// Nobody is forgotten: who unlocks after 2 sees the bit, and who unlocked before is seen by 3. The
// key lies there before the bit is seen (1 before 2). A message that comes before 4 is held by the
// join. One that comes for an earlier sleep, because the unlocker was slow between its 2 and 3,
// finds a void key, or wakes the sleeper for nothing: it tries again, and sleeps again.
//
// NUMBER is 0 to 15, another for each.
// Keys: 6 the start key of its own join object; 7 a node key to a node that all concurrencers
// share, whose slot NUMBER is its own; 9 the discrim key, or nothing: then a hostile caller can
// make it wait (pm_check_reply); those of a message in 12 to 15.
// Pages: the ledger at 0x8000, writable.
// Orders: those of bank.h, KT 0x10a. Callers: bank-client.
#include <bank.h>

#include "runtime/system.h"

enum { SHARED = PM_OWN, WAKE };

static uint32_t number;
static volatile bank_person *me;

static int try_lock(void) {
  uint32_t nobody = 0;
  return __atomic_compare_exchange_n(&bank->lock, &nobody, 1 + number, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}

static void lock(void) {
  me->state = BANK_WANTS;
  while (!try_lock()) {
    pm_join_key(PM_JOIN, WAKE);
    pm_store(SHARED, number, WAKE);
    __atomic_fetch_or(&bank->waiting, 1u << number, __ATOMIC_SEQ_CST);
    if (try_lock()) {
      __atomic_fetch_and(&bank->waiting, ~(1u << number), __ATOMIC_SEQ_CST);
      break;
    }
    me->waits++;
    me->state = BANK_ASLEEP;
    pm_join_wait(PM_JOIN, NULL);
    me->state = BANK_WANTS;
  }
  me->state = BANK_INSIDE;
}

static void unlock(void) {
  me->state = BANK_OUTSIDE;
  __atomic_store_n(&bank->lock, 0, __ATOMIC_SEQ_CST);
  uint32_t waiting = __atomic_exchange_n(&bank->waiting, 0, __ATOMIC_SEQ_CST);
  for (uint32_t sleeper = 0; waiting != 0; sleeper++, waiting >>= 1) {
    if ((waiting & 1) == 0) continue;
    if (pm_fetch(SHARED, sleeper, WAKE) == PM_OK) pm_fork(WAKE, NULL);
  }
}

int main(int argc, char **argv) {
  number = count_argument(argc, argv, 1, 0, 0, BANK_WORKERS - 1);
  uint32_t work = count_argument(argc, argv, 2, BANK_WORK, 1, 1000000000);
  me = &bank->worker[number];
  uint8_t string[BANK_STRING];
  pm_inbox inbox = {.buffer = string,
                    .capacity = sizeof string,
                    .keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
  bank_open('c');
  pm_receive(&inbox);
  for (;;) {
    uint32_t length = 0, answer;
    if (inbox.order == BANK_TRANSFER) {
      bank_transfer transfer;
      answer = bank_read(&inbox, &transfer);
      if (answer == PM_OK) {
        me->begun++;
        lock();
        bank_serve(inbox.databyte, &transfer, work);
        pm_put32(string, bank->done);
        length = 4;
        unlock();
        me->done++;
      }
    } else {
      lock();
      answer = bank_look(&inbox, string, &length);
      unlock();
    }
    pm_check_reply(BANK_DISCRIM);
    pm_reply(answer, string, length, &inbox);
  }
}
