// rider [PERIOD [PHASE [TIMES [TABLE [NUMBER]]]]]: reads each of TABLE shared pages (1) in every
// PERIOD cycles (160,000), PHASE cycles (0) after its beginning, TIMES times or (0, the default) for
// ever; between two times it sleeps. Where the first who touches a page in a scan period pays for
// it, one with a greater PHASE rides on one with a smaller.
//
// It touches nothing else: its text is shared, its variables are in registers, and even the time
// that it asks to be woken at stands in the first shared page, where those who share it have
// different NUMBERs, 0 (the default) to 511.
//
// Keys: 2 the clock; 5 a wait object. Pages: the table at 0x2000 and up, at most 14; the first must
// be writable.
// Prints `rider times 10` at the end.
#include <primemeter.h>
#include <stdio.h>

#include "runtime/system.h"

enum { TABLE_AT = 0x2000, TABLE_MOST = 14, TIMES_AT = 8, TIMES_MOST = 511 };

int main(int argc, char **argv) {
  uint64_t period = number_argument(argc, argv, 1, 160000, 1600000000) * (uint64_t)PM_CYCLE;
  uint64_t phase = count_argument(argc, argv, 2, 0, 0, 1600000000) * (uint64_t)PM_CYCLE;
  uint32_t times = count_argument(argc, argv, 3, 0, 0, 1000000000);
  uint32_t table = count_argument(argc, argv, 4, 1, 1, TABLE_MOST);
  uint32_t number = count_argument(argc, argv, 5, 0, 0, TIMES_MOST);
  uint8_t *when = (uint8_t *)TABLE_AT + 8 * number;
  const volatile uint8_t *end = (uint8_t *)TABLE_AT + PM_PAGE * table;
  uint64_t now = pm_time();
  uint64_t next = now - now % period + phase;
  for (uint32_t n = 0; times == 0 || n < times; n++) {
    next += period;
    // As pm_wait_set and pm_wait do, but without a stack.
    pm_put64(when, next);
    pm_message set = {.order = PM_ORDER_WAIT_SET, .string = when, .length = 8};
    pm_invoke(PM_INVOKE_CALL, PM_WAIT, &set, NULL);
    pm_message wait = {.order = PM_ORDER_WAIT};
    pm_invoke(PM_INVOKE_CALL, PM_WAIT, &wait, NULL);
    for (const volatile uint8_t *page = (uint8_t *)TABLE_AT; page < end; page += PM_PAGE) *page;
  }
  printf("rider times %u\n", (unsigned)times);
  return 0;
}
