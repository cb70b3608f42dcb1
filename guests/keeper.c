// keeper [CYCLES [TIMES [STORAGE]]]: keeps meters. Where one is dry it adds CYCLES (1,000,000), and
// where one has too little storage STORAGE million word-cycles (0), up to TIMES times (3) for each
// meter and of each; from then on it keeps the restart keys of the domains that come, until it is
// told to restart them. What it does for one domain is paid by its own meter, which must not
// hang below those that it keeps.
//
// Keys: 2 the clock, or nothing; 3 the returner; 7 a node key for restart keys, or nothing: then
// who can't be refilled waits for ever. A node takes 15; its slot 15 may hold a key to the next.
// In slots 13 and 14 of each meter it counts how often its cycles and its storage were refilled.
// Orders, to its start key (a meter's slot 2 holds one, too):
//   KT          0x106
//   0xFFFFFFFF  a meter is dry: the kernel's message (8 bytes time, key 3 the service key, key 4 a
//               restart key)
//   0xFFFFFFFE  the same where a meter has too little storage
//   0           restarts all that it keeps
//   1           how many it keeps, as order code
//   2           32 bytes: calls of the kernel, refills, keys lost, time of the last by the clock
//   3           a new policy, 16 bytes: CYCLES, TIMES; what was counted in the meters stays
#include <primemeter.h>

#include "runtime/system.h"

enum { RESTART = 0, COUNT = 1, REPORT = 2, POLICY = 3 };
enum { STORE = PM_OWN, NODE, KEPT };  // the first node, the one that is looked at, a key in it
enum { ROOM = 15, NEXT = 15 };

static uint64_t cycles, times, storage;
static uint64_t calls, refills, lost, last;
static uint32_t stored;

// Puts a key to the node that has place `index` into NODE, and says which slot that is; or -1.
static int find_place(uint32_t index) {
  pm_copy_key(NODE, STORE);
  for (; index >= ROOM; index -= ROOM) {
    if (pm_fetch(NODE, NEXT, NODE) != PM_OK) return -1;
  }
  return index;
}

static int keep(void) {
  int place = find_place(stored);
  if (place < 0 || pm_store(NODE, place, PM_REPLY) != PM_OK) return 0;
  stored++;
  return 1;
}

static void restart_all(void) {
  while (stored > 0) {
    int place = find_place(--stored);
    if (place < 0 || pm_fetch(NODE, place, KEPT) != PM_OK) continue;
    pm_store(NODE, place, PM_NONE);
    pm_fork(KEPT, NULL);
  }
  pm_drop_keys(PM_KEYS(NODE, KEPT, PM_NONE, PM_NONE));
}

// Whether the meter in PM_KEY3 was given more of what it has too little of.
static int refill(int is_storage) {
  uint32_t counted = PM_METER_FREE + is_storage;
  uint64_t before = 0;
  pm_node_number(PM_KEY3, counted, &before);
  if (before >= times) return 0;
  uint32_t answer;
  if (!is_storage) {
    answer = pm_counter_add(PM_KEY3, cycles);
  } else {
    answer = storage == 0 ? PM_NOTHING : pm_storage_add(PM_KEY3, storage);
  }
  if (answer != PM_OK) return 0;
  pm_node_put_number(PM_KEY3, counted, before + 1);
  refills++;
  return 1;
}

int main(int argc, char **argv) {
  cycles = number_argument(argc, argv, 1, 1000000, 2000000000);
  times = count_argument(argc, argv, 2, 3, 0, 2000000000);
  storage = count_argument(argc, argv, 3, 0, 0, 2000000000) * 1000000ull;
  uint8_t string[32];
  pm_inbox inbox = {.buffer = string,
                    .capacity = sizeof string,
                    .keys = PM_KEYS(PM_NONE, PM_NONE, PM_KEY3, PM_REPLY)};
  pm_receive(&inbox);
  for (;;) {
    uint32_t answer = PM_OK, length = 0;
    switch (inbox.order) {
      case PM_ORDER_KT:
        answer = PM_TYPE_KEEPER;
        break;
      case PM_ORDER_KEEPER:
      case PM_ORDER_STORAGE:
        calls++;
        last = pm_time();
        if (!refill(inbox.order == PM_ORDER_STORAGE)) {
          lost += !keep();
          pm_drop_keys(PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY));
        }
        break;
      case RESTART:
        restart_all();
        break;
      case COUNT:
        answer = stored;
        break;
      case REPORT:
        pm_put64(string, calls);
        pm_put64(string + 8, refills);
        pm_put64(string + 16, lost);
        pm_put64(string + 24, last);
        length = 32;
        break;
      case POLICY:
        if (inbox.sent != 16) {
          answer = PM_RANGE;
          break;
        }
        cycles = pm_get64(string);
        times = pm_get64(string + 8);
        break;
      default:
        answer = PM_INVALID;
    }
    pm_reply(answer, string, length, &inbox);
  }
}
