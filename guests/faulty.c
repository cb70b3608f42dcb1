// faulty [ROUNDS]: does what a program must not, ROUNDS times (1): an illegal instruction, a load
// and a store where there is no memory, a breakpoint, each 4 bytes long, and a jump to where there
// is no code. With a domain keeper that steps over them (trapkeeper) it ends, and its registers
// are what they were; without one it traps.
//
// Prints `faulty traps 5 wrong 0`; exits with 1 if a register was changed.
#include <stdio.h>

#include "runtime/system.h"

enum { EACH = 5 };

// The stray load must not load, for it is stepped over.
#define STRAY(instruction)                                                     \
  ({                                                                           \
    uint32_t value = 0x5eed, other = 7;                                        \
    __asm__ volatile(".option push\n.option norvc\n" instruction "\n.option pop" \
                     : "+r"(value), "+r"(other)                                \
                     :                                                         \
                     : "memory");                                              \
    value != 0x5eed || other != 7;                                             \
  })

int main(int argc, char **argv) {
  int rounds = number_argument(argc, argv, 1, 1, 1000000), wrong = 0;
  for (int i = 0; i < rounds; i++) {
    wrong += STRAY(".word 0x0000000b");  // custom-0: not there
    wrong += STRAY("lw %0, 16(zero)");
    wrong += STRAY("sw %0, 16(zero)");
    wrong += STRAY("ebreak");
    ((void (*)(void))16)();
  }
  printf("faulty traps %d wrong %d\n", EACH * rounds, wrong);
  return wrong == 0 ? 0 : 1;
}
