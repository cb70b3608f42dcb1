// What the C library asks of a system, by the system calls of Linux on RISC-V: the number in a7,
// arguments in a0..a5, the answer in a0 (a negative errno when it is refused).
#include "system.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ = 63, WRITE = 64, EXIT_GROUP = 94, BRK = 214, CLOCK_GETTIME64 = 403 };
enum { MONOTONIC = 1 };

long system_call(long number, long a, long b, long c) {
  register long a7 __asm__("a7") = number;
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

static long checked(long answer) {
  if (answer >= 0 || answer < -4095) return answer;
  errno = -answer;
  return -1;
}

ssize_t read(int fd, void *bytes, size_t length) {
  return checked(system_call(READ, fd, (long)bytes, length));
}

ssize_t write(int fd, const void *bytes, size_t length) {
  return checked(system_call(WRITE, fd, (long)bytes, length));
}

int64_t nanoseconds(void) {
  int64_t time[2] = {0, 0};  // seconds, nanoseconds
  long answer = system_call(CLOCK_GETTIME64, MONOTONIC, (long)time, 0);
  return answer == 0 ? time[0] * 1000000000 + time[1] : -1;
}

void *sbrk(ptrdiff_t more) {
  static uintptr_t end;
  if (end == 0) end = system_call(BRK, 0, 0, 0);
  uintptr_t wanted = end + more;
  if (more != 0 && (uintptr_t)system_call(BRK, wanted, 0, 0) != wanted) {
    errno = ENOMEM;
    return (void *)-1;
  }
  end = wanted;
  return (void *)(wanted - more);
}

// Standard streams: output goes out by the line, or when the buffer is full.
static char line[512];
static int line_length;
static int output = STDOUT_FILENO;

static int flush(FILE *stream) {
  (void)stream;
  for (int done = 0; done < line_length;) {
    ssize_t length = write(output, line + done, line_length - done);
    if (length <= 0) break;
    done += length;
  }
  line_length = 0;
  return 0;
}

static int put(char c, FILE *stream) {
  line[line_length++] = c;
  if (c == '\n' || line_length == sizeof line) flush(stream);
  return (unsigned char)c;
}

static int get(FILE *stream) {
  static unsigned char input[512];
  static int next, length;
  (void)stream;
  if (next == length) {
    next = 0;
    length = read(STDIN_FILENO, input, sizeof input);
    if (length <= 0) {
      length = 0;
      return _FDEV_EOF;
    }
  }
  return input[next++];
}

static FILE terminal = FDEV_SETUP_STREAM(put, get, flush, _FDEV_SETUP_RW);
FILE *const stdin = &terminal;
FILE *const stdout = &terminal;
FILE *const stderr = &terminal;

void exit(int code) {
  flush(stdout);
  for (;;) system_call(EXIT_GROUP, code, 0, 0);
}

void _exit(int code) {
  for (;;) system_call(EXIT_GROUP, code, 0, 0);
}

uint32_t fnv1a(uint32_t hash, const void *bytes, size_t length) {
  const unsigned char *next = bytes;
  while (length-- > 0) hash = (hash ^ *next++) * 16777619u;
  return hash;
}

uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

int number_argument(int argc, char **argv, int index, int standard, int most) {
  if (index >= argc) return standard;
  char *end;
  long value = strtol(argv[index], &end, 10);
  if (end != argv[index] && *end == '\0' && value >= 1 && value <= most) return value;
  printf("%s: argument %d is \"%s\", expected a number from 1 to %d\n", argv[0], index, argv[index],
         most);
  exit(2);
}

int count_argument(int argc, char **argv, int index, int standard, int least, int most) {
  if (index >= argc) return standard;
  char *end;
  long value = strtol(argv[index], &end, 10);
  if (end != argv[index] && *end == '\0' && value >= least && value <= most) return value;
  printf("%s: argument %d is \"%s\", expected a number from %d to %d\n", argv[0], index,
         argv[index], least, most);
  exit(2);
}
