// talk [CALLS [WORK]]: calls another talk CALLS times (1,000) and is at work for WORK rounds (20) of
// three cycles before each call: many messages in a tick. With 0 CALLS it is who is called: WORK
// rounds, then an answer, for ever.
//
// Keys: 0 the start key of the one that is called.
// Prints `talk calls 1000 heard 1000 wrong 0`: each answer is the order plus one.
#include <primemeter.h>
#include <stdio.h>

#include "runtime/system.h"

static void work(int rounds) {
  for (int i = 0; i < rounds; i++) __asm__ volatile("");
}

static void answer(int rounds) {
  pm_inbox inbox = {.keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
  uint32_t order = pm_receive(&inbox);
  for (;;) {
    work(rounds);
    order = pm_reply(order + 1, NULL, 0, &inbox);
  }
}

int main(int argc, char **argv) {
  int calls = count_argument(argc, argv, 1, 1000, 0, 100000000);
  int rounds = count_argument(argc, argv, 2, 20, 0, 100000000);
  if (calls == 0) answer(rounds);
  uint32_t heard = 0, wrong = 0;
  for (int i = 0; i < calls; i++) {
    work(rounds);
    if (pm_ask(PM_SERVER, i) == (uint32_t)i + 1) heard++;
    else wrong++;
  }
  printf("talk calls %d heard %u wrong %u\n", calls, (unsigned)heard, (unsigned)wrong);
  return wrong == 0 ? 0 : 1;
}
