// wild WHAT: does something that a program must not, by name; says first what, and "survived" when
// nothing stopped it.
#include <stdio.h>
#include <string.h>

#include "runtime/system.h"

static uint32_t ret_in_data[] = {0x00008067, 0x00008067};  // jalr zero, 0(ra)
static const uint32_t constant[] = {1, 2};
static uint32_t *const KERNEL = (uint32_t *)0xffff0000u;

static void jump(const void *address) { ((void (*)(void))address)(); }
static void store(const volatile void *address) { *(volatile uint32_t *)address = 42; }
static void load(const volatile void *address) { (void)*(const volatile uint32_t *)address; }

static void jump_null(void) { jump(NULL); }
static void jump_data(void) { jump(ret_in_data); }
static void jump_kernel(void) { jump(KERNEL); }
static void load_null(void) { load(NULL); }
static void load_kernel(void) { load(KERNEL); }
static void store_null(void) { store(NULL); }
static void store_kernel(void) { store(KERNEL); }
static void store_text(void) { store((const void *)(uintptr_t)jump_null); }
static void store_constant(void) { store(constant); }
static void illegal(void) { __asm__ volatile(".half 0, 0"); }
static void breakpoint(void) { __asm__ volatile("ebreak"); }

// Each level writes a page of stack, so that the stack's end is not stepped over.
static int deep(volatile char *above) {
  volatile char page[4096];
  page[0] = above[0] + 1;
  return page[0] == above[0] ? 0 : deep(page) + page[0];  // they never are equal
}
static void stack(void) {
  volatile char first = 0;
  deep(&first);
}

static const struct {
  const char *name;
  void (*act)(void);
} ACTS[] = {{"jump-null", jump_null},       {"jump-data", jump_data},
            {"jump-kernel", jump_kernel},   {"load-null", load_null},
            {"load-kernel", load_kernel},   {"store-null", store_null},
            {"store-kernel", store_kernel}, {"store-text", store_text},
            {"store-constant", store_constant}, {"illegal", illegal},
            {"breakpoint", breakpoint},     {"stack", stack}};
enum { COUNT = sizeof ACTS / sizeof *ACTS };

int main(int argc, char **argv) {
  for (int i = 0; argc > 1 && i < COUNT; i++) {
    if (strcmp(argv[1], ACTS[i].name) != 0) continue;
    printf("wild %s\n", argv[1]);
    ACTS[i].act();
    printf("survived\n");
    return 1;
  }
  printf("wild: expected one of");
  for (int i = 0; i < COUNT; i++) printf(" %s", ACTS[i].name);
  printf("\n");
  return 2;
}
