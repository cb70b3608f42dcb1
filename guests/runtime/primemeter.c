// What primemeter.h declares: each is an invocation or a few, with their strings and keys.
#include <primemeter.h>

// --- Messages ------------------------------------------------------------------------------------

uint32_t pm_call(uint32_t slot, const pm_message *message, pm_inbox *inbox) {
  return pm_invoke(PM_INVOKE_CALL, slot, message, inbox);
}

uint32_t pm_return(uint32_t slot, const pm_message *message, pm_inbox *inbox) {
  return pm_invoke(PM_INVOKE_RETURN, slot, message, inbox);
}

void pm_fork(uint32_t slot, const pm_message *message) {
  pm_invoke(PM_INVOKE_FORK, slot, message, NULL);
}

uint32_t pm_receive(pm_inbox *inbox) { return pm_return(PM_NONE, NULL, inbox); }

uint32_t pm_reply(uint32_t order, const void *string, uint32_t length, pm_inbox *inbox) {
  pm_message message = {.order = order, .string = string, .length = length};
  return pm_return(PM_REPLY, &message, inbox);
}

uint32_t pm_ask(uint32_t slot, uint32_t order) {
  pm_message message = {.order = order};
  return pm_call(slot, &message, NULL);
}

uint32_t pm_exchange(uint32_t slot, uint32_t order, uint32_t pass, uint32_t receive) {
  pm_message message = {.order = order, .keys = PM_KEY(pass)};
  pm_inbox inbox = {.keys = PM_KEY(receive)};
  return pm_call(slot, &message, &inbox);
}

// A call with a string and nothing else.
static uint32_t tell(uint32_t slot, uint32_t order, const void *string, uint32_t length) {
  pm_message message = {.order = order, .string = string, .length = length};
  return pm_call(slot, &message, NULL);
}

// A call whose answer must bring exactly `length` bytes.
static uint32_t hear(uint32_t slot, uint32_t order, void *bytes, uint32_t length) {
  pm_message message = {.order = order};
  pm_inbox inbox = {.buffer = bytes, .capacity = length};
  uint32_t answer = pm_call(slot, &message, &inbox);
  return answer == PM_OK && inbox.length < length ? PM_RANGE : answer;
}

// --- Keys ----------------------------------------------------------------------------------------

enum { RETURNED = 1 };

uint32_t pm_copy_key(uint32_t to, uint32_t from) {
  // DK(0), where there is no returner, knows order 0 only.
  return pm_exchange(PM_RETURNER, RETURNED, from, to) == RETURNED ? PM_OK : PM_INVALID;
}

void pm_drop_keys(pm_keys keys) {
  pm_inbox inbox = {.keys = keys};
  pm_call(PM_NONE, NULL, &inbox);
}

enum { DISCRIM_CLASS = 0, DISCRIM_SAME = 2 };

uint32_t pm_class(uint32_t discrim, uint32_t slot) {
  return pm_exchange(discrim, DISCRIM_CLASS, slot, PM_NONE);
}

int pm_same_key(uint32_t discrim, uint32_t slot, uint32_t other) {
  pm_message message = {.order = DISCRIM_SAME, .keys = PM_KEYS(slot, other, PM_NONE, PM_NONE)};
  return pm_call(discrim, &message, NULL) == 0;
}

void pm_check_reply(uint32_t discrim) {
  if (pm_class(discrim, PM_REPLY) != PM_CLASS_START) return;
  pm_drop_keys(PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY));
}

// --- Data keys -----------------------------------------------------------------------------------

uint32_t pm_make_data(uint32_t to, const void *bytes, uint32_t length) {
  pm_message message = {.order = 0, .string = bytes, .length = length};
  pm_inbox inbox = {.keys = PM_KEY(to)};
  uint32_t answer = pm_call(PM_DATA, &message, &inbox);
  // DK(0), where there is no maker, answers with its body.
  return answer == PM_OK && inbox.sent != 0 ? PM_INVALID : answer;
}

uint32_t pm_make_number(uint32_t to, uint64_t number) {
  uint8_t bytes[8];
  pm_put64(bytes, number);
  return pm_make_data(to, bytes, sizeof bytes);
}

uint32_t pm_read_data(uint32_t slot, uint8_t body[PM_BODY]) {
  return hear(slot, 0, body, PM_BODY);
}

uint32_t pm_read_number(uint32_t slot, uint64_t *number) {
  uint8_t body[PM_BODY];
  uint32_t answer = pm_read_data(slot, body);
  if (answer != PM_OK) return answer;
  if ((body[0] | body[1] | body[2]) != 0) return PM_RANGE;
  *number = pm_get64(body + 3);
  return PM_OK;
}

// --- Nodes and meters ----------------------------------------------------------------------------

enum {
  NODE_SWAP = 16,
  NODE_FETCH_KEY = 32,
  NODE_METER_KEY = 34,
  NODE_SENSE_KEY = 36,
  NODE_COMPARE = 38,
  NODE_CLEAR = 39,
  NODE_WRITE = 45
};

uint32_t pm_fetch(uint32_t node, uint32_t index, uint32_t to) {
  if (index >= PM_SLOTS) return PM_RANGE;
  return pm_exchange(node, index, PM_NONE, to);
}

uint32_t pm_store(uint32_t node, uint32_t index, uint32_t from) {
  if (index >= PM_SLOTS) return PM_RANGE;
  return pm_exchange(node, NODE_SWAP + index, from, PM_NONE);
}

uint32_t pm_clear(uint32_t node) { return pm_ask(node, NODE_CLEAR); }

int pm_same_node(uint32_t node, uint32_t other) {
  return pm_exchange(node, NODE_COMPARE, other, PM_NONE) == 0;
}

uint32_t pm_fetch_key(uint32_t node, uint32_t to) {
  return pm_exchange(node, NODE_FETCH_KEY, PM_NONE, to);
}

uint32_t pm_sense_key(uint32_t node, uint32_t to) {
  return pm_exchange(node, NODE_SENSE_KEY, PM_NONE, to);
}

uint32_t pm_meter_key(uint32_t node, uint32_t to) {
  return pm_exchange(node, NODE_METER_KEY, PM_NONE, to);
}

uint32_t pm_node_put_number(uint32_t node, uint32_t index, uint64_t number) {
  uint8_t string[1 + PM_BODY] = {index};
  pm_put64(string + 4, number);
  return tell(node, NODE_WRITE, string, sizeof string);
}

uint32_t pm_node_number(uint32_t node, uint32_t index, uint64_t *number) {
  // A sense key gives data keys and sense keys only, and a sense key knows no order like reading.
  uint32_t answer = pm_sense_key(node, PM_SCRATCH);
  if (answer == PM_OK) answer = pm_fetch(PM_SCRATCH, index, PM_SCRATCH);
  if (answer == PM_OK && pm_ask(PM_SCRATCH, PM_ORDER_KT) != PM_TYPE_DATA) answer = PM_INVALID;
  return answer == PM_OK ? pm_read_number(PM_SCRATCH, number) : answer;
}

uint32_t pm_counter_read(uint32_t meter, uint64_t *cycles) {
  return pm_node_number(meter, PM_METER_COUNTER, cycles);
}

uint32_t pm_counter_set(uint32_t meter, uint64_t cycles) {
  return pm_node_put_number(meter, PM_METER_COUNTER, cycles);
}

uint32_t pm_counter_take(uint32_t meter, uint64_t *cycles) {
  uint32_t answer = pm_exchange(meter, NODE_SWAP + PM_METER_COUNTER, PM_NONE, PM_SCRATCH);
  return answer == PM_OK ? pm_read_number(PM_SCRATCH, cycles) : answer;
}

uint32_t pm_counter_swap(uint32_t meter, uint64_t cycles, uint64_t *before) {
  uint32_t answer = pm_counter_take(meter, before);
  return answer == PM_OK ? pm_counter_set(meter, cycles) : answer;
}

uint32_t pm_counter_add(uint32_t meter, uint64_t more) {
  uint64_t cycles;
  uint32_t answer = pm_counter_take(meter, &cycles);
  if (answer != PM_OK) return answer;
  return pm_counter_set(meter, cycles + more < more ? UINT64_MAX : cycles + more);
}

uint32_t pm_storage_read(uint32_t meter, uint64_t *words) {
  return pm_node_number(meter, PM_METER_STORAGE, words);
}

uint32_t pm_storage_set(uint32_t meter, uint64_t words) {
  return pm_node_put_number(meter, PM_METER_STORAGE, words);
}

uint32_t pm_storage_add(uint32_t meter, uint64_t more) {
  // Taken first, as a counter is: what others are charged meanwhile is not given back to them.
  uint64_t words;
  uint32_t answer = pm_exchange(meter, NODE_SWAP + PM_METER_STORAGE, PM_NONE, PM_SCRATCH);
  if (answer == PM_OK) answer = pm_read_number(PM_SCRATCH, &words);
  if (answer != PM_OK) return answer;
  return pm_storage_set(meter, words + more < more ? UINT64_MAX : words + more);
}

uint32_t pm_keeper(uint32_t meter, uint32_t to) { return pm_fetch(meter, PM_METER_KEEPER, to); }

uint32_t pm_set_keeper(uint32_t meter, uint32_t from) {
  return pm_store(meter, PM_METER_KEEPER, from);
}

uint32_t pm_set_superior(uint32_t meter, uint32_t from) {
  return pm_store(meter, PM_METER_SUPERIOR, from);
}

// --- Domains -------------------------------------------------------------------------------------

enum {
  DOMAIN_METER = 1,
  DOMAIN_KEEPER = 2,
  DOMAIN_REGISTERS = 10,
  DOMAIN_KEY = 16,
  DOMAIN_SWAP = 32,  // added to the five above: to swap or put
  DOMAIN_START_KEY = 64,
  DOMAIN_AVAILABLE = 65,
  DOMAIN_WAITING = 66,
  DOMAIN_RUNNING = 67
};

_Static_assert(sizeof(pm_registers) == 128, "as the kernel has them");

uint32_t pm_registers_get(uint32_t domain, pm_registers *registers) {
  return hear(domain, DOMAIN_REGISTERS, registers, sizeof *registers);
}

uint32_t pm_registers_put(uint32_t domain, const pm_registers *registers) {
  return tell(domain, DOMAIN_REGISTERS + DOMAIN_SWAP, registers, sizeof *registers);
}

uint32_t pm_domain_meter(uint32_t domain, uint32_t to) {
  return pm_exchange(domain, DOMAIN_METER, PM_NONE, to);
}

uint32_t pm_domain_swap_meter(uint32_t domain, uint32_t from, uint32_t to) {
  return pm_exchange(domain, DOMAIN_METER + DOMAIN_SWAP, from, to);
}

uint32_t pm_domain_keeper(uint32_t domain, uint32_t to) {
  return pm_exchange(domain, DOMAIN_KEEPER, PM_NONE, to);
}

uint32_t pm_domain_swap_keeper(uint32_t domain, uint32_t from, uint32_t to) {
  return pm_exchange(domain, DOMAIN_KEEPER + DOMAIN_SWAP, from, to);
}

uint32_t pm_domain_key(uint32_t domain, uint32_t index, uint32_t to) {
  if (index >= PM_SLOTS) return PM_RANGE;
  return pm_exchange(domain, DOMAIN_KEY + index, PM_NONE, to);
}

uint32_t pm_domain_swap_key(uint32_t domain, uint32_t index, uint32_t from, uint32_t to) {
  if (index >= PM_SLOTS) return PM_RANGE;
  return pm_exchange(domain, DOMAIN_KEY + DOMAIN_SWAP + index, from, to);
}

uint32_t pm_start_key(uint32_t domain, uint8_t databyte, uint32_t to) {
  pm_message message = {.order = DOMAIN_START_KEY, .string = &databyte, .length = 1};
  pm_inbox inbox = {.keys = PM_KEY(to)};
  return pm_call(domain, &message, &inbox);
}

uint32_t pm_make_available(uint32_t domain) { return pm_ask(domain, DOMAIN_AVAILABLE); }

uint32_t pm_make_waiting(uint32_t domain, uint32_t to) {
  return pm_exchange(domain, DOMAIN_WAITING, PM_NONE, to);
}

uint32_t pm_make_running(uint32_t domain) { return pm_ask(domain, DOMAIN_RUNNING); }

// --- Time ----------------------------------------------------------------------------------------

enum { CLOCK_TIME = 7, CLOCK_IDLE = 8 };

static uint64_t clock_number(uint32_t order) {
  uint8_t bytes[8];
  return hear(PM_CLOCK, order, bytes, sizeof bytes) == PM_OK ? pm_get64(bytes) : 0;
}

uint64_t pm_time(void) { return clock_number(CLOCK_TIME); }

uint64_t pm_idle_cycles(void) { return clock_number(CLOCK_IDLE); }

uint32_t pm_wait_set(uint32_t wait, uint64_t time) {
  uint8_t bytes[8];
  pm_put64(bytes, time);
  return tell(wait, PM_ORDER_WAIT_SET, bytes, sizeof bytes);
}

uint32_t pm_wait(uint32_t wait) { return pm_ask(wait, PM_ORDER_WAIT); }

uint32_t pm_sleep(uint64_t cycles) {
  uint32_t answer = pm_wait_set(PM_WAIT, pm_time() + cycles * PM_CYCLE);
  return answer == PM_OK ? pm_wait(PM_WAIT) : answer;
}

// --- Joins and pages -----------------------------------------------------------------------------

enum { JOIN_KEY = 0, JOIN_WAIT = 1 };
enum { PAGE_WRITE = 4096, PAGE_CLEAR = 8192 };

uint32_t pm_join_key(uint32_t join, uint32_t to) {
  return pm_exchange(join, JOIN_KEY, PM_NONE, to);
}

uint32_t pm_join_wait(uint32_t join, pm_inbox *inbox) {
  pm_message message = {.order = JOIN_WAIT};
  return pm_call(join, &message, inbox);
}

uint32_t pm_page_read(uint32_t page, uint32_t offset, void *bytes, uint32_t length) {
  if (offset >= PM_PAGE) return PM_RANGE;
  return hear(page, offset, bytes, length);
}

uint32_t pm_page_write(uint32_t page, uint32_t offset, const void *bytes, uint32_t length) {
  if (offset >= PM_PAGE) return PM_RANGE;
  return tell(page, PAGE_WRITE + offset, bytes, length);
}

uint32_t pm_page_clear(uint32_t page) { return pm_ask(page, PAGE_CLEAR); }
