// bank-client [TRANSACTIONS [SEED]]: a caller of the bank's servers (bank-server, bank-concurrent,
// bank-pays): asks for one transfer after the other. Who it is to the bank is in the data byte of
// its start key, not in what it says; SEED (0) only varies the transfers.
//
// TRANSACTIONS 0 (the default) goes on for ever.
// Keys: 0 the server's start key; 7 its own meter key, passed with each transfer, for bank-pays.
// Prints `bank-client done 100 wrong 0`; exits with 1 if an answer was wrong.
#include <bank.h>
#include <stdio.h>

#include "runtime/system.h"

enum { METER = PM_OWN };

int main(int argc, char **argv) {
  uint32_t transactions = count_argument(argc, argv, 1, 0, 0, 1000000000);
  uint32_t seed = count_argument(argc, argv, 2, 0, 0, 1000000000);
  uint32_t wrong = 0, done_before = 0;
  for (uint32_t n = 0; transactions == 0 || n < transactions; n++) {
    bank_transfer transfer = bank_wish(seed, n);
    uint8_t string[BANK_STRING];
    pm_put32(string, transfer.from);
    pm_put32(string + 4, transfer.to);
    pm_put32(string + 8, transfer.amount);
    pm_message message = {.order = BANK_TRANSFER,
                          .string = string,
                          .length = sizeof string,
                          .keys = PM_KEY(METER)};
    pm_inbox inbox = {.buffer = string, .capacity = sizeof string};
    uint32_t answer = pm_call(PM_SERVER, &message, &inbox);
    uint32_t done = pm_get32(string);
    if (answer != PM_OK || inbox.length != 4 || done <= done_before) wrong++;
    done_before = done;
  }
  printf("bank-client done %u wrong %u\n", (unsigned)(transactions - wrong), (unsigned)wrong);
  return wrong == 0 ? 0 : 1;
}
