// storm [PAGES [ROUNDS]]: walks over PAGES pages of its own (64) from the first to the last, once
// and ROUNDS times (4) more: it reads from each what it wrote there the time before, and writes
// anew. Where there are fewer frames than that, each page has been taken away for others by the
// time it comes round.
//
// Prints `storm pages 64 rounds 4 wrong 0`.
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/system.h"

enum { PAGE = 4096, WORDS = PAGE / 4, MOST = 16384 };

// What a page holds after a round, at a word that is another one in each page.
static volatile uint32_t *word_of(uintptr_t first, uint32_t page) {
  return (volatile uint32_t *)first + page * WORDS + page * 17 % WORDS;
}

static uint32_t note(uint32_t page, uint32_t round) { return page * 2654435761u + round + 1; }

int main(int argc, char **argv) {
  uint32_t count = number_argument(argc, argv, 1, 64, MOST);
  uint32_t rounds = number_argument(argc, argv, 2, 4, 1000000);
  uintptr_t end = (uintptr_t)sbrk(0);
  uintptr_t first = (end + PAGE - 1) & -(uintptr_t)PAGE;
  if (sbrk(first - end + count * PAGE) == (void *)-1) {
    printf("storm: no memory for %u pages\n", (unsigned)count);
    return 1;
  }
  uint32_t wrong = 0;
  for (uint32_t round = 0; round <= rounds; round++) {
    for (uint32_t page = 0; page < count; page++) {
      volatile uint32_t *word = word_of(first, page);
      wrong += *word != (round == 0 ? 0 : note(page, round - 1));
      *word = note(page, round);
    }
  }
  printf("storm pages %u rounds %u wrong %u\n", (unsigned)count, (unsigned)rounds,
         (unsigned)wrong);
  return wrong == 0 ? 0 : 1;
}
