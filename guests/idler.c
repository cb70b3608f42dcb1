// idler [PAGES]: writes to each of PAGES pages of its own (16), then sits and waits for messages:
//   KT  0x10b
//   1   reads all the pages again; 4 bytes: how many held what was written
//
// Keys: none of its own.
// Prints `idler pages 16` before it waits.
#include <primemeter.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/system.h"

enum { READ = 1 };
enum { MOST = 4096 };

int main(int argc, char **argv) {
  uint32_t count = number_argument(argc, argv, 1, 16, MOST);
  uintptr_t end = (uintptr_t)sbrk(0);
  uintptr_t first = (end + PM_PAGE - 1) & -(uintptr_t)PM_PAGE;
  if (sbrk(first - end + count * PM_PAGE) == (void *)-1) {
    printf("idler: no memory for %u pages\n", (unsigned)count);
    return 1;
  }
  volatile uint32_t *words = (volatile uint32_t *)first;
  enum { WORDS = PM_PAGE / sizeof *words };
  for (uint32_t page = 0; page < count; page++) words[page * WORDS] = ~page;
  printf("idler pages %u\n", (unsigned)count);
  uint8_t string[4];
  pm_inbox inbox = {.keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
  pm_receive(&inbox);
  for (;;) {
    if (inbox.order == PM_ORDER_KT) {
      pm_reply(PM_TYPE_IDLER, NULL, 0, &inbox);
    } else if (inbox.order == READ) {
      uint32_t right = 0;
      for (uint32_t page = 0; page < count; page++) right += words[page * WORDS] == ~page;
      pm_put32(string, right);
      pm_reply(PM_OK, string, sizeof string, &inbox);
    } else {
      pm_reply(PM_INVALID, NULL, 0, &inbox);
    }
  }
}
