// selfmod [TIMES]: TIMES times rewrites an instruction of its own, executes fence.i and checks that
// the new instruction is what runs: first one that was run before, then one in another function of
// the same page. Ends with a store to the instruction right behind it.
#include <stdio.h>

#include "runtime/system.h"

// addi a0, zero, value
static uint32_t load_a0(int value) { return 0x00000513 | (uint32_t)value << 20; }

// By hand, so that the layout is known; the writable section makes all text writable.
__asm__(
    ".pushsection .rwx, \"awx\", @progbits\n"
    ".balign 4\n"
    ".option push\n"
    ".option norvc\n"
    "first:  addi a0, zero, 1\n"
    "        jalr zero, 0(ra)\n"
    "second: addi a0, zero, 2\n"
    "        jalr zero, 0(ra)\n"
    // Stores its argument over the instruction after fence.i and runs into it.
    "ahead:  lla  t0, patched\n"
    "        sw   a0, 0(t0)\n"
    "        .word 0x0000100f\n"  // fence.i
    "patched: addi a0, zero, 3\n"
    "        jalr zero, 0(ra)\n"
    ".option pop\n"
    ".popsection\n");
extern volatile uint32_t first[], second[];
extern int ahead(uint32_t instruction);

static void fence_i(void) { __asm__ volatile(".word 0x0000100f" ::: "memory"); }
static int run(volatile uint32_t *code) { return ((int (*)(void))(uintptr_t)code)(); }

int main(int argc, char **argv) {
  int times = number_argument(argc, argv, 1, 1000, 10000000);
  int wrong = (run(first) != 1) + (run(second) != 2);
  uint32_t hash = FNV_BASIS;
  for (int time = 0; time < times; time++) {
    int value = time % 2047;
    first[0] = load_a0(value);
    fence_i();
    int one = run(first);
    second[0] = load_a0(value ^ 1);
    fence_i();
    int two = run(second);
    int three = ahead(load_a0(value ^ 2));
    wrong += (one != value) + (two != (value ^ 1)) + (three != (value ^ 2));
    int results[3] = {one, two, three};
    hash = fnv1a(hash, results, sizeof results);
  }
  printf("selfmod times %d wrong %d hash %08x\n", times, wrong, (unsigned)hash);
  return wrong == 0 ? 0 : 1;
}
