// hog [BLOCKS]: takes blocks of 64 KiB, writing to each of their pages, until there are no more or
// BLOCKS of them; then checks every one and prints how many there are.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/system.h"

enum { BLOCK = 65536, PAGE = 4096 };

typedef struct Block {
  struct Block *next;
  uint32_t number;
} Block;

int main(int argc, char **argv) {
  uint32_t most = number_argument(argc, argv, 1, 1000000, 1000000);
  Block *all = NULL;
  uint32_t count = 0;
  for (Block *block; count < most && (block = malloc(BLOCK)) != NULL; all = block) {
    for (int at = 0; at < BLOCK; at += PAGE) ((volatile char *)block)[at + 100] = count;
    *block = (Block){all, count++};
  }
  uint32_t wrong = 0, number = count;
  for (const Block *block = all; block != NULL; block = block->next) {
    wrong += block->number != --number;
    for (int at = 0; at < BLOCK; at += PAGE) {
      wrong += ((volatile char *)block)[at + 100] != (char)number;
    }
  }
  printf("hog blocks %u wrong %u\n", (unsigned)count, (unsigned)wrong);
  return wrong == 0 && number == 0 ? 0 : 1;
}
