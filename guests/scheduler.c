// scheduler [TURNS [SLICE]]: lets two groups of domains run by turns, each a slice of SLICE cycles
// (1,000,000), TURNS times in all (10). It holds the service keys of the two groups' meters, and
// one budget for both: at the end of a slice it takes what is left from the one counter, which
// stops that group where it stands, and adds it to the other's, which lets that one go on. It
// must not run below either meter, and neither needs a keeper.
//
// Keys: 2 the clock; 5 a wait object; 7 and 8 the service keys.
// It begins by giving the first group all that it finds in both counters, and leaves all there at
// the end. Prints `scheduler turns 5 5 used 5000000 5000000 left 0`, cycles being those that each
// group's counter lost in its turns; then it takes orders, to its start key:
//   KT  0x108
//   1   40 bytes: turns of the first group, of the second, cycles of the first, of the second, left
//   2   as many turns again, then answers as 1
#include <primemeter.h>
#include <stdio.h>

#include "runtime/system.h"

enum { REPORT = 1, AGAIN = 2 };
enum { GROUP = PM_OWN, GROUPS = 2 };

static uint64_t turns[GROUPS], used[GROUPS], left;

static void take_turns(int count, int slice) {
  // What is in the counters, wherever it is, is the budget.
  uint64_t found[GROUPS] = {0, 0};
  for (int group = 0; group < GROUPS; group++) pm_counter_take(GROUP + group, &found[group]);
  left = found[0] + found[1];
  for (int turn = 0; turn < count && left > 0; turn++) {
    int group = turn % GROUPS;
    uint64_t given = left;
    pm_counter_set(GROUP + group, given);
    pm_sleep(slice);
    pm_counter_take(GROUP + group, &left);
    turns[group]++;
    used[group] += given - left;
  }
  pm_counter_set(GROUP, left);
}

static uint32_t report(uint8_t *string) {
  const uint64_t numbers[] = {turns[0], turns[1], used[0], used[1], left};
  enum { COUNT = sizeof numbers / sizeof *numbers };
  for (int i = 0; i < COUNT; i++) pm_put64(string + 8 * i, numbers[i]);
  return 8 * COUNT;
}

int main(int argc, char **argv) {
  int count = number_argument(argc, argv, 1, 10, 1000000000);
  int slice = number_argument(argc, argv, 2, 1000000, 2000000000);
  take_turns(count, slice);
  printf("scheduler turns %u %u used %u %u left %u\n", (unsigned)turns[0], (unsigned)turns[1],
         (unsigned)used[0], (unsigned)used[1], (unsigned)left);
  uint8_t string[40];
  pm_inbox inbox = {.keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
  pm_receive(&inbox);
  for (;;) {
    if (inbox.order == PM_ORDER_KT) {
      pm_reply(PM_TYPE_SCHEDULER, NULL, 0, &inbox);
    } else if (inbox.order == REPORT || inbox.order == AGAIN) {
      if (inbox.order == AGAIN) take_turns(count, slice);
      pm_reply(PM_OK, string, report(string), &inbox);
    } else {
      pm_reply(PM_INVALID, NULL, 0, &inbox);
    }
  }
}
