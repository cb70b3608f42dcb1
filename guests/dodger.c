// dodger [TIMES [TICK [SHARE]]]: works for SHARE percent (80) of each of TIMES ticks (100) of TICK
// cycles (16,000), and never while the timer ticks: it begins a little after one and stops before
// the next. Who bills by what runs at the tick bills it nothing.
//
// Keys: 2 the clock; 5 a wait object.
// Prints `dodger ticks 100 late 0`; late are those at which it was at work after all, because it
// had to wait for the processor.
#include <primemeter.h>
#include <stdio.h>

#include "runtime/system.h"

int main(int argc, char **argv) {
  int times = number_argument(argc, argv, 1, 100, 100000000);
  uint64_t tick = PM_CYCLE * (uint64_t)number_argument(argc, argv, 2, 16000, 16000000);
  int share = number_argument(argc, argv, 3, 80, 97);
  int late = 0;
  for (int i = 0; i < times; i++) {
    uint64_t now = pm_time();
    uint64_t next = now - now % tick + tick;
    pm_wait_set(PM_WAIT, next + tick / 64);
    pm_wait(PM_WAIT);
    uint64_t until = next + tick / 100 * share;
    do now = pm_time();
    while (now < until);
    if (now >= next + tick) late++;
  }
  printf("dodger ticks %d late %d\n", times, late);
  return 0;
}
