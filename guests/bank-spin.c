// bank-spin TELLER [TRANSACTIONS [WORK]]: the bank, way a: each teller, whosever it is, has the
// ledger mapped, takes the lock by itself and spins while another has it. All on its own meter: a
// teller that is stopped or starved inside leaves the lock held and the money halfway, and the
// others spin for ever. This is the failure that the other ways are to avoid.
//
// TELLER is 0 to 31, another for each; TRANSACTIONS 0 (the default) goes on for ever.
// Keys: none. Pages: the ledger at 0x8000, writable.
// Prints `bank-spin teller 1 done 100 waits 3`, waits being the rounds it spun.
#include <bank.h>
#include <stdio.h>

#include "runtime/system.h"

static void lock(volatile bank_person *me, uint32_t number) {
  for (;;) {
    uint32_t nobody = 0;
    if (__atomic_compare_exchange_n(&bank->lock, &nobody, 1 + number, 0, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      return;
    while (bank->lock != 0) me->waits++;
  }
}

static void unlock(void) { __atomic_store_n(&bank->lock, 0, __ATOMIC_RELEASE); }

int main(int argc, char **argv) {
  uint32_t number = count_argument(argc, argv, 1, 0, 0, BANK_TELLERS - 1);
  uint32_t transactions = count_argument(argc, argv, 2, 0, 0, 1000000000);
  uint32_t work = count_argument(argc, argv, 3, BANK_WORK, 1, 1000000000);
  volatile bank_person *me = &bank->teller[number];
  bank_open('a');
  for (uint32_t n = 0; transactions == 0 || n < transactions; n++) {
    bank_transfer transfer = bank_wish(number, n);
    me->begun++;
    me->state = BANK_WANTS;
    lock(me, number);
    me->state = BANK_INSIDE;
    bank_do(&transfer, work);
    me->state = BANK_OUTSIDE;
    unlock();
    me->done++;
  }
  printf("bank-spin teller %u done %u waits %u\n", (unsigned)number, (unsigned)me->done,
         (unsigned)me->waits);
  return 0;
}
