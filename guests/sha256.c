// sha256 [TEXT [ROUNDS]]: the SHA-256 of TEXT, or of standard input when TEXT is "-" or missing,
// then ROUNDS - 1 times the SHA-256 of the digest before. With one round it is what sha256sum says.
// FIPS 180-4.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/system.h"

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef struct {
  uint32_t state[8];
  uint8_t block[64];
  uint32_t filled;
  uint64_t length;
} Sha256;

static uint32_t rotate(uint32_t word, int count) { return word >> count | word << (32 - count); }

static void start(Sha256 *sha) {
  static const uint32_t H[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(sha->state, H, sizeof H);
  sha->filled = 0;
  sha->length = 0;
}

static void compress(Sha256 *sha) {
  uint32_t w[64];
  for (int t = 0; t < 16; t++) {
    const uint8_t *p = sha->block + 4 * t;
    w[t] = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
  }
  for (int t = 16; t < 64; t++) {
    uint32_t small0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ w[t - 15] >> 3;
    uint32_t small1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = w[t - 16] + small0 + w[t - 7] + small1;
  }
  uint32_t *s = sha->state;
  uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
  for (int t = 0; t < 64; t++) {
    uint32_t big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    uint32_t first = h + big1 + ((e & f) ^ (~e & g)) + K[t] + w[t];
    uint32_t big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    uint32_t second = big0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d, s[4] += e, s[5] += f, s[6] += g, s[7] += h;
}

static void add(Sha256 *sha, const uint8_t *bytes, size_t length) {
  sha->length += length;
  while (length > 0) {
    size_t part = 64 - sha->filled < length ? 64 - sha->filled : length;
    memcpy(sha->block + sha->filled, bytes, part);
    sha->filled += part, bytes += part, length -= part;
    if (sha->filled == 64) {
      compress(sha);
      sha->filled = 0;
    }
  }
}

static void finish(Sha256 *sha, uint8_t digest[32]) {
  uint64_t bits = sha->length * 8;
  uint8_t end[72] = {0x80};
  size_t padding = (sha->filled < 56 ? 56 : 120) - sha->filled;
  for (int i = 0; i < 8; i++) end[padding + i] = bits >> (56 - 8 * i);
  add(sha, end, padding + 8);
  for (int i = 0; i < 32; i++) digest[i] = sha->state[i / 4] >> (24 - 8 * (i % 4));
}

int main(int argc, char **argv) {
  int rounds = number_argument(argc, argv, 2, 4000, 100000000);
  uint8_t digest[32];
  Sha256 sha;
  start(&sha);
  if (argc > 1 && strcmp(argv[1], "-") != 0) {
    add(&sha, (const uint8_t *)argv[1], strlen(argv[1]));
  } else {
    uint8_t input[512];
    ssize_t length;
    while ((length = read(STDIN_FILENO, input, sizeof input)) > 0) add(&sha, input, length);
  }
  finish(&sha, digest);
  for (int round = 1; round < rounds; round++) {
    start(&sha);
    add(&sha, digest, sizeof digest);
    finish(&sha, digest);
  }
  printf("sha256 rounds %d ", rounds);
  for (int i = 0; i < 32; i++) printf("%02x", digest[i]);
  printf("\n");
  return 0;
}
