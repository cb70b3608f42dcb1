// bank-pays [WORK]: the bank, way e: the client pays. One domain keeps the ledger, as in way b, but
// does each transaction on its caller's meter, whose key comes with the message: it puts that into
// its own domain in place of its own meter, and puts its own back when it is done. The owner pays
// next to nothing; but a caller that is stopped, starved or gone in the middle stops the server
// with it, in the middle of a transaction, for all. So does one that passes no meter key.
//
// Keys: 1 its own domain key; 7 its own meter key, kept there meanwhile; 9 the discrim key, or
// nothing; those of a message in 12 to 15, 12 being the caller's meter key.
// Pages: the ledger at 0x8000, writable.
// Orders: those of bank.h, KT 0x10a. Callers: bank-client, with its meter key in slot 7.
#include <bank.h>

#include "runtime/system.h"

enum { OWN_METER = PM_OWN };

int main(int argc, char **argv) {
  uint32_t work = count_argument(argc, argv, 1, BANK_WORK, 1, 1000000000);
  uint8_t string[BANK_STRING];
  pm_inbox inbox = {.buffer = string,
                    .capacity = sizeof string,
                    .keys = PM_KEYS(PM_KEY1, PM_NONE, PM_NONE, PM_REPLY)};
  bank_open('e');
  pm_receive(&inbox);
  for (;;) {
    uint32_t length = 0, answer;
    bank->lock = 1 + inbox.databyte;
    if (inbox.order == BANK_TRANSFER) {
      bank_transfer transfer;
      answer = bank_read(&inbox, &transfer);
      if (answer == PM_OK) {
        pm_domain_swap_meter(PM_SELF, PM_KEY1, OWN_METER);
        bank_serve(inbox.databyte, &transfer, work);
        pm_put32(string, bank->done);
        length = 4;
        pm_domain_swap_meter(PM_SELF, OWN_METER, PM_KEY1);
      }
    } else {
      answer = bank_look(&inbox, string, &length);
    }
    bank->lock = 0;
    pm_check_reply(BANK_DISCRIM);
    pm_reply(answer, string, length, &inbox);
  }
}
