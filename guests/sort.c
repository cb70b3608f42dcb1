// sort [COUNT]: sorts COUNT random numbers by quicksort and once more by heapsort, checks that both
// are in order and alike, and prints a hash of the sorted numbers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/system.h"

static void insertion_sort(int32_t *a, int count) {
  for (int i = 1; i < count; i++) {
    int32_t value = a[i];
    int j = i;
    for (; j > 0 && a[j - 1] > value; j--) a[j] = a[j - 1];
    a[j] = value;
  }
}

static int32_t median(int32_t a, int32_t b, int32_t c) {
  if (a < b) return b < c ? b : a < c ? c : a;
  return a < c ? a : b < c ? c : b;
}

static void quick_sort(int32_t *a, int count) {
  while (count > 16) {
    int32_t pivot = median(a[0], a[count / 2], a[count - 1]);
    int i = 0, j = count - 1;
    while (i <= j) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i <= j) {
        int32_t value = a[i];
        a[i++] = a[j];
        a[j--] = value;
      }
    }
    // The smaller part by a call, the larger one in this loop: the stack stays shallow.
    if (j + 1 < count - i) {
      quick_sort(a, j + 1);
      a += i, count -= i;
    } else {
      quick_sort(a + i, count - i);
      count = j + 1;
    }
  }
  insertion_sort(a, count);
}

static void sift(int32_t *a, int root, int count) {
  int32_t value = a[root];
  for (int child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && a[child + 1] > a[child]) child++;
    if (a[child] <= value) break;
    a[root] = a[child];
  }
  a[root] = value;
}

static void heap_sort(int32_t *a, int count) {
  for (int root = count / 2 - 1; root >= 0; root--) sift(a, root, count);
  for (int last = count - 1; last > 0; last--) {
    int32_t largest = a[0];
    a[0] = a[last];
    a[last] = largest;
    sift(a, 0, last);
  }
}

int main(int argc, char **argv) {
  int count = number_argument(argc, argv, 1, 50000, 10000000);
  size_t size = count * sizeof(int32_t);
  int32_t *quick = calloc(count, sizeof(int32_t)), *heap = calloc(count, sizeof(int32_t));
  if (quick == NULL || heap == NULL) {
    printf("sort: no memory for %d numbers\n", count);
    return 1;
  }
  uint32_t random = 1, sum = 0;
  for (int i = 0; i < count; i++) {
    quick[i] = heap[i] = (int32_t)(next_random(&random) << 8 ^ next_random(&random));
    sum += quick[i];
  }
  quick_sort(quick, count);
  heap_sort(heap, count);
  int ordered = memcmp(quick, heap, size) == 0;
  for (int i = 0; i < count; i++) {
    if (i > 0 && quick[i - 1] > quick[i]) ordered = 0;
    sum -= quick[i];
  }
  printf("sort count %d %s hash %08x\n", count, ordered && sum == 0 ? "ordered" : "WRONG",
         (unsigned)fnv1a(FNV_BASIS, quick, size));
  return ordered && sum == 0 ? 0 : 1;
}
