// trapkeeper: keeps domains that trap: steps over the instruction and lets them go on. An
// instruction's length can't be seen from outside: the data byte of the start key in the domain's
// slot 2 says it, 2 or 4 (and 0 means 4). A jump to where there is no code goes on where it
// would return to (ra). Traps of the chain of meters have no instruction to step over: the domain
// is kept, until it is told to try again.
//
// Keys: 3 the returner; 7 to 10 the fault keys of domains kept; a fifth is not kept and waits for
// ever.
// Orders, to its start key:
//   KT                 0x107
//   0x80000000 + code  a trap: the kernel's message (12 bytes code, address, pc; key 3 the
//                      domain key, key 4 a fault key)
//   1                  16 bytes: traps so far; code, address and pc of the last
//   2                  lets those go on that are kept; answers how many, as order code
#include <primemeter.h>

enum { REPORT = 1, RETRY = 2 };
enum { KEPT = PM_OWN, MOST = 4 };
enum { TRAP_FETCH_MISALIGNED = 0x100, TRAP_FETCH = 0x101, TRAP_RISCV_END = 0x110 };
enum { RA = 0 };  // x1 in pm_registers

static uint32_t traps;
static uint8_t last[12];
static int kept;

// Whether the domain in PM_KEY3 now stands behind what it trapped at.
static int step_over(uint32_t code, uint32_t length) {
  pm_registers registers;
  if (code < TRAP_FETCH_MISALIGNED || code >= TRAP_RISCV_END) return 0;
  if (pm_registers_get(PM_KEY3, &registers) != PM_OK) return 0;
  if (code == TRAP_FETCH_MISALIGNED || code == TRAP_FETCH) registers.pc = registers.x[RA];
  else registers.pc += length == 2 ? 2 : 4;
  return pm_registers_put(PM_KEY3, &registers) == PM_OK;
}

static uint32_t retry(void) {
  uint32_t count = kept;
  while (kept > 0) pm_fork(KEPT + --kept, NULL);
  return count;
}

int main(void) {
  uint8_t string[16];
  pm_inbox inbox = {.buffer = string,
                    .capacity = sizeof string,
                    .keys = PM_KEYS(PM_NONE, PM_NONE, PM_KEY3, PM_REPLY)};
  pm_receive(&inbox);
  for (;;) {
    uint32_t answer = PM_OK, length = 0;
    if (inbox.order == PM_ORDER_KT) {
      answer = PM_TYPE_TRAP_KEEPER;
    } else if (inbox.order > PM_ORDER_TRAP && inbox.length == sizeof last) {
      traps++;
      for (unsigned i = 0; i < sizeof last; i++) last[i] = string[i];
      if (!step_over(inbox.order - PM_ORDER_TRAP, inbox.databyte)) {
        if (kept < MOST && pm_copy_key(KEPT + kept, PM_REPLY) == PM_OK) kept++;
        pm_drop_keys(PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY));
      }
    } else if (inbox.order == REPORT) {
      pm_put32(string, traps);
      for (unsigned i = 0; i < sizeof last; i++) string[4 + i] = last[i];
      length = sizeof string;
    } else if (inbox.order == RETRY) {
      answer = retry();
    } else {
      answer = PM_INVALID;
    }
    pm_reply(answer, string, length, &inbox);
  }
}
