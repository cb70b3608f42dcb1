// What the example programs share beside the C library.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS 2166136261u

// A system call of Linux on RISC-V, with up to three arguments.
long system_call(long number, long a, long b, long c);

// The monotonic clock, or -1 when there is none.
int64_t nanoseconds(void);

// FNV-1a over bytes, from FNV_BASIS or from what an earlier call returned.
uint32_t fnv1a(uint32_t hash, const void *bytes, size_t length);

// 24 random bits of a linear congruential generator.
uint32_t next_random(uint32_t *state);

// argv[index] as a number from 1 to `most`, or `standard` when it isn't given. Exits with 2 when
// it is something else.
int number_argument(int argc, char **argv, int index, int standard, int most);

// The same from `least` on, where number_argument begins with 1.
int count_argument(int argc, char **argv, int index, int standard, int least, int most);
