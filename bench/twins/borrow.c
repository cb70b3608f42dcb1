/* The twin in C of refill (assembly/cache.ts): a domain gives its cache back to its chain and
 * borrows anew. Records, tests and counts as there; compiled by bench/twins/native.ts.
 *
 *   borrow DEPTH TIMES ADVANCE  prints what was borrowed in all, and nanoseconds. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct Record Record;
struct Record {
  uint64_t amount, consumed;
  Record *superior, *next, *previous, *first;
  uint8_t kind, level, flags, program;
  uint32_t shortage;
  uint64_t bursts;
};
_Static_assert(sizeof(Record) == 64, "a cache line");

enum { DRY = 1 };

static uint64_t advance = 80000000;
static uint32_t ignore_dry, tapered;
static uint64_t refills, borrowed;

/* Never needed here, but the compiler can't know: a scavenge, and putting a record first. */
__attribute__((noinline)) static uint64_t scavenge(Record *top, int all) {
  uint64_t sum = 0;
  for (Record *at = top->first; at && !(at->flags & DRY); at = at->next) {
    if (!all && at->program) continue;
    sum += at->amount;
    at->amount = 0;
  }
  for (Record *above = top; above; above = above->superior) above->amount += sum;
  return sum;
}

__attribute__((noinline)) static void wet(Record *record) {
  for (; record && (record->flags & DRY); record = record->superior) {
    record->flags &= ~DRY;
    if (record->superior) record->superior->first = record;
  }
}

static uint64_t smallest_above(Record *domain) {
  uint64_t smallest = UINT64_MAX;
  for (Record *above = domain->superior; above; above = above->superior) {
    if (above->amount < smallest) smallest = above->amount;
  }
  return smallest;
}

__attribute__((noinline)) static Record *refill(Record *domain) {
  uint64_t least = (uint64_t)domain->shortage + 1, rest = domain->amount;
  uint64_t smallest = smallest_above(domain) + rest;
  while (smallest < least) {
    for (Record *payer = domain->superior; payer; payer = payer->superior) payer->amount += rest;
    domain->amount = rest = 0;
    Record *meter = domain->superior;
    while (meter->amount >= least) meter = meter->superior;
    if ((meter->flags & DRY) && !ignore_dry) return meter;
    if (scavenge(meter, 0) == 0 && scavenge(meter, 1) == 0) return meter;
    smallest = smallest_above(domain);
  }
  uint64_t amount = advance > least ? advance : least;
  if (tapered && amount > smallest >> 3) amount = smallest >> 3;
  if (smallest < amount) amount = smallest;
  uint64_t change = rest - amount;
  for (Record *above = domain->superior; above; above = above->superior) above->amount += change;
  domain->amount = amount;
  if (domain->flags & DRY) wet(domain);
  refills++;
  borrowed += amount;
  return NULL;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static uint64_t borrow(Record *domain, uint32_t times) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < times; i++) {
    refill(domain);
    sum += domain->amount;
  }
  return sum;
}

int main(int count, char **words) {
  int depth = count > 1 ? atoi(words[1]) : 8;
  uint32_t times = count > 2 ? strtoul(words[2], NULL, 10) : 1000000;
  Record *records = aligned_alloc(4096, 4096);
  for (int i = 0; i <= depth; i++) {
    records[i] = (Record){.amount = i < depth ? (uint64_t)1 << 56 : 0, .flags = DRY};
    if (i > 0) records[i].superior = &records[i - 1];
    if (i > 0) records[i - 1].first = &records[i];
  }
  Record *domain = &records[depth];
  advance = count > 3 ? strtoull(words[3], NULL, 10) : advance;
  ignore_dry = tapered = count > 4; /* nobody asks for it, but the compiler can't know */
  borrow(domain, times / 4);
  double start = now();
  uint64_t sum = borrow(domain, times);
  double end = now();
  printf("%llu %.0f\n", (unsigned long long)sum, end - start);
  return refills == 0;
}
