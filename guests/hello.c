// hello [ARGUMENT...]: prints its arguments, takes memory, copies standard input, reads the clock.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/system.h"

int main(int argc, char **argv) {
  printf("hello from %s", argc > 0 ? argv[0] : "nobody");
  for (int i = 1; i < argc; i++) printf(" [%s]", argv[i]);
  printf("\n");

  char *memory = malloc(100000);
  if (memory == NULL) {
    printf("no memory\n");
    return 1;
  }
  memset(memory, 'x', 100000);
  printf("memory %08x\n", (unsigned)fnv1a(FNV_BASIS, memory, 100000));
  free(memory);

  int c, bytes = 0, lines = 0;
  while ((c = getchar()) != EOF) {
    bytes++;
    lines += c == '\n';
  }
  printf("input %d bytes %d lines\n", bytes, lines);

  int64_t before = nanoseconds(), after = nanoseconds();
  if (before < 0) printf("no clock\n");
  else printf("clock %s\n", after >= before ? "does not run backwards" : "runs backwards");
  return 0;
}
