// tenant [MEAN [CALLS [TABLE [SEED]]]]: calls a library, CALLS times or (0, the default) for ever,
// at random moments, MEAN cycles (10,000) apart on the average: whoever looks at any moment has as
// long to wait for the next call as at any other.
//
// The library is LIBRARY functions, each alone on a page of the program's text, which all tenants
// share; and TABLE pages (0) that each function reads from, page objects at 0x2000 and up, at most
// 14. A call is to one of the functions, with one of the pages, by chance. SEED (1) tells tenants
// apart.
//
// Keys: 2 the clock; 5 a wait object. Pages: the table, which need not be writable.
// Prints `tenant calls 100 hash eddde49d` when it has made its calls.
#include <primemeter.h>
#include <stdio.h>

#include "runtime/system.h"

enum { LIBRARY = 4, TABLE_AT = 0x2000, TABLE_MOST = 14 };

typedef uint32_t library_function(uint32_t hash, const volatile uint32_t *page);

// The functions are alike, but each has its page for itself: LIBRARY times 4 KiB.
extern const char library[];
__asm__(
    ".section .text.library, \"ax\"\n"
    ".balign 4096\n"
    "library:\n"
    ".rept 4\n"
    "  lw a2, 0(a1)\n"
    "  li a3, 16777619\n"
    "  xor a0, a0, a2\n"
    "  mul a0, a0, a3\n"
    "  addi a0, a0, 1\n"
    "  ret\n"
    "  .balign 4096\n"
    ".endr\n"
    ".text\n");

// A number below `most`.
static uint32_t draw(uint32_t *random, uint32_t most) {
  return ((uint64_t)next_random(random) * most) >> 24;
}

// How long a thing that happens by chance, once a unit, is in coming: in 1/65536 of the unit, 16.6
// units at most. It is -ln of a random number from 0 to 1, whose binary logarithm is found bit by
// bit: a number from 1 to 2 that reaches 2 when squared has a bit of it.
static uint32_t draw_wait(uint32_t *random) {
  enum { BITS = 24, FRACTION = 16, LN_2 = 45426 };
  uint32_t number = next_random(random) + 1;
  uint32_t whole = 31 - __builtin_clz(number);
  uint32_t logarithm = whole;
  for (uint64_t rest = (uint64_t)number << (31 - whole), bit = 0; bit < FRACTION; bit++) {
    rest = rest * rest >> 31;
    logarithm = 2 * logarithm + (rest >> 32);
    rest >>= rest >> 32;
  }
  return (uint64_t)((BITS << FRACTION) - logarithm) * LN_2 >> 16;
}

int main(int argc, char **argv) {
  uint64_t mean = number_argument(argc, argv, 1, 10000, 1000000000);
  uint32_t calls = count_argument(argc, argv, 2, 0, 0, 1000000000);
  uint32_t table = count_argument(argc, argv, 3, 0, 0, TABLE_MOST);
  uint32_t random = count_argument(argc, argv, 4, 1, 0, 1000000000);
  const volatile uint32_t none = 0;
  uint32_t hash = FNV_BASIS;
  uint64_t next = pm_time();
  for (uint32_t n = 0; calls == 0 || n < calls; n++) {
    // From the last time on, not from now: what a call takes does not make the next one later.
    next += (mean * draw_wait(&random) >> 16) * PM_CYCLE;
    pm_wait_set(PM_WAIT, next);
    pm_wait(PM_WAIT);
    library_function *function = (library_function *)(library + PM_PAGE * draw(&random, LIBRARY));
    uint32_t page = TABLE_AT + PM_PAGE * draw(&random, table);
    hash = function(hash, table == 0 ? &none : (const volatile uint32_t *)page);
  }
  printf("tenant calls %u hash %08x\n", (unsigned)calls, (unsigned)hash);
  return 0;
}
