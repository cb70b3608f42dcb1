// matmul [SIZE [TIMES]]: TIMES times multiplies two square matrices of 16.16 fixed-point numbers,
// the product becoming the left factor of the next; prints its trace and a hash of it.
#include <stdio.h>
#include <stdlib.h>

#include "runtime/system.h"

static int32_t fixed_multiply(int32_t a, int32_t b) { return (int32_t)((int64_t)a * b >> 16); }

static void multiply(int32_t *product, const int32_t *a, const int32_t *b, int size) {
  for (int row = 0; row < size; row++) {
    for (int column = 0; column < size; column++) {
      int32_t sum = 0;
      for (int k = 0; k < size; k++) {
        sum += fixed_multiply(a[row * size + k], b[k * size + column]);
      }
      product[row * size + column] = sum;
    }
  }
}

int main(int argc, char **argv) {
  int size = number_argument(argc, argv, 1, 64, 512);
  int times = number_argument(argc, argv, 2, 6, 1000000);
  size_t cells = size * size;
  int32_t *a = malloc(cells * 4), *b = malloc(cells * 4), *product = malloc(cells * 4);
  if (a == NULL || b == NULL || product == NULL) {
    printf("matmul: no memory for %d rows\n", size);
    return 1;
  }
  uint32_t random = 7;
  // From -1 to 1, divided by the size so that products stay in range.
  for (size_t i = 0; i < cells; i++) a[i] = (int32_t)(next_random(&random) % 131072) - 65536;
  for (size_t i = 0; i < cells; i++) {
    b[i] = ((int32_t)(next_random(&random) % 131072) - 65536) * 2 / size;
  }
  for (int time = 0; time < times; time++) {
    multiply(product, a, b, size);
    int32_t *swap = a;
    a = product, product = swap;
  }
  int64_t trace = 0;
  for (int i = 0; i < size; i++) trace += a[i * size + i];
  printf("matmul size %d times %d trace %ld hash %08x\n", size, times, (long)trace,
         (unsigned)fnv1a(FNV_BASIS, a, cells * 4));
  return 0;
}
