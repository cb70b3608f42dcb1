// bank-cas TELLER [TRANSACTIONS [WORK]]: the bank, way d: what is shared fits a word, so there is
// no lock. Two balances of 16 bits lie in `pair` of the ledger; a teller reads the word, computes
// what it shall be, and puts that there by compare-and-swap if nobody was faster; else again. Who
// is stopped, wherever, has done its transaction or has not, and is in nobody's way.
//
// TELLER is 0 to 31, another for each; TRANSACTIONS 0 (the default) goes on for ever.
// Keys: none. Pages: the ledger at 0x8000, writable.
// Prints `bank-cas teller 1 done 100 waits 3`, waits being the transactions computed in vain. One
// that is stopped right after its swap has one done more than it counted.
#include <bank.h>
#include <stdio.h>

#include "runtime/system.h"

// The pair with an amount moved from its low half to its high half, or back.
static uint32_t moved(uint32_t pair, const bank_transfer *transfer) {
  uint32_t low = pair & 0xffff, high = pair >> 16, amount = transfer->amount;
  if ((transfer->from & 1) != 0) amount = -amount;
  return ((high + amount) & 0xffff) << 16 | ((low - amount) & 0xffff);
}

int main(int argc, char **argv) {
  uint32_t number = count_argument(argc, argv, 1, 0, 0, BANK_TELLERS - 1);
  uint32_t transactions = count_argument(argc, argv, 2, 0, 0, 1000000000);
  uint32_t work = count_argument(argc, argv, 3, BANK_WORK, 1, 1000000000);
  volatile bank_person *me = &bank->teller[number];
  bank_open('d');
  for (uint32_t n = 0; transactions == 0 || n < transactions; n++) {
    bank_transfer transfer = bank_wish(number, n);
    me->begun++;
    me->state = BANK_INSIDE;
    for (;; me->waits++) {
      uint32_t pair = bank->pair;
      bank_work(work);
      if (__atomic_compare_exchange_n(&bank->pair, &pair, moved(pair, &transfer), 0,
                                      __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        break;
    }
    me->done++;
    me->state = BANK_OUTSIDE;
  }
  printf("bank-cas teller %u done %u waits %u\n", (unsigned)number, (unsigned)me->done,
         (unsigned)me->waits);
  return 0;
}
