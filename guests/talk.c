// talk ask [WORK [CALLS [PAUSE]]]: works a while and calls its partner, CALLS times (16); then sleeps for
// about PAUSE cycles (0: not at all), and all that again, for ever.
// talk answer [WORK]: the partner: works a while for each call, and answers it.
//
// Messages are empty. WORK (0) is how many rounds of two instructions it works each time, on the
// average: some number from 0 to twice as many.
// Keys: 0 the partner's start key; 2 the clock and 5 a wait object, where it sleeps.
// Prints nothing.
#include <primemeter.h>
#include <stdio.h>
#include <string.h>

#include "runtime/system.h"

enum { MOST = 500000000 };

// A number from 0 to `most`, of which the high bits count.
static uint32_t draw(uint32_t *random, uint32_t most) {
  return ((uint64_t)next_random(random) * (most + 1)) >> 24;
}

static inline void work_about(uint32_t work, uint32_t *random) {
  if (work == 0) return;
  for (uint32_t round = draw(random, 2 * work); round > 0; round--) __asm__ volatile("");
}

static void ask(uint32_t work, uint32_t calls, uint32_t pause) {
  for (uint32_t random = 1;;) {
    for (uint32_t n = 0; n < calls; n++) {
      work_about(work, &random);
      pm_invoke(PM_INVOKE_CALL, PM_SERVER, NULL, NULL);
    }
    if (pause > 0) pm_sleep(draw(&random, 2 * pause));
  }
}

static void answer(uint32_t work) {
  pm_inbox inbox = {.keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
  pm_receive(&inbox);
  for (uint32_t random = 2;;) {
    work_about(work, &random);
    pm_invoke(PM_INVOKE_RETURN, PM_REPLY, NULL, &inbox);
  }
}

int main(int argc, char **argv) {
  uint32_t work = count_argument(argc, argv, 2, 0, 0, MOST);
  uint32_t calls = count_argument(argc, argv, 3, 16, 1, MOST);
  uint32_t pause = count_argument(argc, argv, 4, 0, 0, MOST);
  if (argc > 1 && strcmp(argv[1], "ask") == 0) ask(work, calls, pause);
  if (argc > 1 && strcmp(argv[1], "answer") == 0) answer(work);
  printf("talk: expected ask or answer\n");
  return 2;
}
