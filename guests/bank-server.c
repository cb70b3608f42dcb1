// bank-server [WORK]: the bank, way b: one domain keeps the ledger, and callers ask it. That it is
// available *is* the lock: while it serves one, the others stall on its start key. It runs on its
// owner's meter, so a caller that is stopped, starved or gone in the middle changes nothing: the
// transaction is done, and the answer goes to a resume key that may be void by then.
//
// Keys: 9 the discrim key, or nothing: then a hostile caller can make it wait (pm_check_reply);
// those of a message in 12 to 15. Pages: the ledger at 0x8000, writable.
// Orders: those of bank.h, KT 0x10a. Callers: bank-client.
#include <bank.h>

#include "runtime/system.h"

int main(int argc, char **argv) {
  uint32_t work = count_argument(argc, argv, 1, BANK_WORK, 1, 1000000000);
  uint8_t string[BANK_STRING];
  pm_inbox inbox = {.buffer = string,
                    .capacity = sizeof string,
                    .keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
  bank_open('b');
  pm_receive(&inbox);
  for (;;) {
    uint32_t length = 0, answer;
    bank->lock = 1 + inbox.databyte;
    if (inbox.order == BANK_TRANSFER) {
      bank_transfer transfer;
      answer = bank_read(&inbox, &transfer);
      if (answer == PM_OK) {
        bank_serve(inbox.databyte, &transfer, work);
        pm_put32(string, bank->done);
        length = 4;
      }
    } else {
      answer = bank_look(&inbox, string, &length);
    }
    bank->lock = 0;
    pm_check_reply(BANK_DISCRIM);
    pm_reply(answer, string, length, &inbox);
  }
}
