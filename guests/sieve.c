// sieve [LIMIT]: how many primes there are below LIMIT (Eratosthenes, a bit for each odd number).
#include <stdio.h>
#include <stdlib.h>

#include "runtime/system.h"

int main(int argc, char **argv) {
  uint32_t limit = number_argument(argc, argv, 1, 1000000, 100000000);
  uint32_t odds = limit / 2;  // bit i stands for 2i + 1
  uint32_t *composite = calloc(odds / 32 + 1, sizeof(uint32_t));
  if (composite == NULL) {
    printf("sieve: no memory for %u bits\n", (unsigned)odds);
    return 1;
  }
  for (uint32_t i = 1; 2 * i * (i + 1) < odds; i++) {
    if (composite[i / 32] >> i % 32 & 1) continue;
    for (uint32_t j = 2 * i * (i + 1); j < odds; j += 2 * i + 1) composite[j / 32] |= 1u << j % 32;
  }
  uint32_t count = limit > 2, last = 2;
  for (uint32_t i = 1; i < odds; i++) {
    if (composite[i / 32] >> i % 32 & 1) continue;
    count++;
    last = 2 * i + 1;
  }
  printf("sieve limit %u primes %u last %u\n", (unsigned)limit, (unsigned)count, (unsigned)last);
  return 0;
}
