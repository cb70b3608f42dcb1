// lz [BYTES [TIMES]]: TIMES times makes BYTES of text, packs it (LZ77: a window of 64 KiB, matches
// found by hash chains), unpacks it and compares. Prints the packed size and a hash of it.
//
// Packed form: a control byte says of the next eight items, lowest bit first, whether each is a
// byte (0) or a match (1): distance - 1 in two bytes, low first, and length - 4 in one.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/system.h"

enum { WINDOW = 65536, SHORTEST = 4, LONGEST = 259, HASHES = 4096, TRIES = 16 };

static const char *const WORDS[] = {"meter", "the",   "of",     "prime", "domain", "and",
                                    "keeper", "cycle", "counter", "to",    "superior", "wire",
                                    "a",      "node",  "is",     "dry",   "scavenge", "key"};

static void make_text(char *text, int size, uint32_t *random) {
  for (int i = 0; i < size;) {
    const char *word = WORDS[next_random(random) % (sizeof WORDS / sizeof *WORDS)];
    while (*word != '\0' && i < size) text[i++] = *word++;
    if (i < size) text[i++] = next_random(random) % 12 == 0 ? '\n' : ' ';
  }
}

static uint32_t hash_at(const uint8_t *p) {
  return ((p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24) * 2654435761u) >> 20;
}

typedef struct {
  int distance, length;
} Match;

static Match longest_match(const uint8_t *text, int at, int size, int candidate,
                           const int32_t *chain) {
  Match best = {0, SHORTEST - 1};
  int most = size - at < LONGEST ? size - at : LONGEST;
  for (int tries = 0; tries < TRIES && candidate >= 0 && at - candidate <= WINDOW; tries++) {
    int length = 0;
    while (length < most && text[candidate + length] == text[at + length]) length++;
    if (length > best.length) best = (Match){at - candidate, length};
    candidate = chain[candidate % WINDOW];
  }
  return best;
}

static int pack(uint8_t *packed, const uint8_t *text, int size, int32_t *heads, int32_t *chain) {
  memset(heads, 0xff, HASHES * sizeof *heads);
  int out = 0, control = 0, items = 8;
  for (int at = 0; at < size;) {
    if (items == 8) {
      control = out++;
      packed[control] = 0;
      items = 0;
    }
    Match match = {0, 0};
    if (size - at >= SHORTEST) {
      match = longest_match(text, at, size, heads[hash_at(text + at)], chain);
    }
    int length = 1;
    if (match.length >= SHORTEST) {
      length = match.length;
      packed[control] |= 1 << items;
      packed[out++] = match.distance - 1;
      packed[out++] = (match.distance - 1) >> 8;
      packed[out++] = length - SHORTEST;
    } else {
      packed[out++] = text[at];
    }
    items++;
    for (; length > 0; length--, at++) {
      if (size - at < SHORTEST) continue;
      uint32_t hash = hash_at(text + at);
      chain[at % WINDOW] = heads[hash];
      heads[hash] = at;
    }
  }
  return out;
}

static int unpack(uint8_t *text, const uint8_t *packed, int packed_size) {
  int out = 0;
  for (int in = 0; in < packed_size;) {
    int control = packed[in++];
    for (int item = 0; item < 8 && in < packed_size; item++, control >>= 1) {
      if ((control & 1) == 0) {
        text[out++] = packed[in++];
        continue;
      }
      int distance = (packed[in] | packed[in + 1] << 8) + 1;
      int length = packed[in + 2] + SHORTEST;
      in += 3;
      for (; length > 0; length--, out++) text[out] = text[out - distance];
    }
  }
  return out;
}

int main(int argc, char **argv) {
  int size = number_argument(argc, argv, 1, 32768, 16777216);
  int times = number_argument(argc, argv, 2, 1, 1000000);
  uint8_t *text = malloc(size), *packed = malloc(size + size / 8 + 1), *back = malloc(size);
  int32_t *heads = malloc(HASHES * sizeof *heads), *chain = malloc(WINDOW * sizeof *chain);
  if (text == NULL || packed == NULL || back == NULL || heads == NULL || chain == NULL) {
    printf("lz: no memory for %d bytes\n", size);
    return 1;
  }
  uint32_t random = 3, hash = FNV_BASIS;
  int packed_size = 0, alike = 1;
  for (int time = 0; time < times; time++) {
    make_text((char *)text, size, &random);
    packed_size = pack(packed, text, size, heads, chain);
    alike &= unpack(back, packed, packed_size) == size && memcmp(text, back, size) == 0;
    hash = fnv1a(hash, packed, packed_size);
  }
  printf("lz bytes %d packed %d %s hash %08x\n", size, packed_size, alike ? "alike" : "DIFFERENT",
         (unsigned)hash);
  return alike ? 0 : 1;
}
