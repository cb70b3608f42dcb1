// keys: tries each function of primemeter.h once or more, and says which did not do what the header
// says. An example of their use, and what a new kernel is tried with.
//
// Keys: 0 an echo's start key; 1 its own domain key; 2 the clock; 3 the returner; 4 the maker of
// data keys; 5 a wait object; 6 a join object; 7 a node key to a node in whose slot 0 lies the
// discrim key; 8 a page key; 9 the service key of a meter with nobody below, its counter 1,000; 10
// the domain key of the echo.
// Prints a line for each check that fails, then `keys checks 108 wrong 0`; exits with 1 if any
// failed.
#include <primemeter.h>
#include <stdio.h>
#include <string.h>

enum { NODE = PM_OWN, PAGE, METER, ECHO };

static int checks, wrong;

#define CHECK(condition) check(condition, #condition)
static void check(int is_so, const char *condition) {
  checks++;
  if (is_so) return;
  wrong++;
  printf("not so: %s\n", condition);
}

static uint64_t number;  // what a function under test read

static void try_data_keys(void) {
  uint8_t body[PM_BODY];
  CHECK(pm_make_number(PM_KEY1, 0x123456789abcdef0) == PM_OK);
  CHECK(pm_ask(PM_KEY1, PM_ORDER_KT) == PM_TYPE_DATA);
  CHECK(pm_read_number(PM_KEY1, &number) == PM_OK && number == 0x123456789abcdef0);
  CHECK(pm_copy_key(PM_KEY2, PM_KEY1) == PM_OK);
  pm_drop_keys(PM_KEY(PM_KEY1));
  CHECK(pm_read_number(PM_KEY1, &number) == PM_OK && number == 0);
  CHECK(pm_read_number(PM_KEY2, &number) == PM_OK && number == 0x123456789abcdef0);
  CHECK(pm_make_data(PM_KEY1, "eleven char", 11) == PM_OK);
  CHECK(pm_read_data(PM_KEY1, body) == PM_OK && memcmp(body, "eleven char", 11) == 0);
  CHECK(pm_read_number(PM_KEY1, &number) == PM_RANGE);
  CHECK(pm_make_data(PM_KEY1, "twelve chars", 12) != PM_OK);
  CHECK(pm_ask(PM_KEY2, 1) == PM_INVALID);
  CHECK(pm_ask(PM_NONE, PM_ORDER_KT) == PM_TYPE_DATA);
}

static void try_classes(void) {
  CHECK(pm_fetch(NODE, 0, PM_KEY3) == PM_OK && pm_ask(PM_KEY3, PM_ORDER_KT) == PM_TYPE_MISC);
  CHECK(pm_class(PM_KEY3, PM_NONE) == PM_CLASS_DATA && pm_class(PM_KEY3, NODE) == PM_CLASS_MEMORY);
  CHECK(pm_class(PM_KEY3, PAGE) == PM_CLASS_MEMORY && pm_class(PM_KEY3, ECHO) == PM_CLASS_OTHER);
  CHECK(pm_meter_key(METER, PM_KEY1) == PM_OK && pm_class(PM_KEY3, PM_KEY1) == PM_CLASS_METER);
  CHECK(pm_join_key(PM_JOIN, PM_KEY2) == PM_OK && pm_class(PM_KEY3, PM_KEY2) == PM_CLASS_RESUME);
  CHECK(pm_class(PM_KEY3, PM_SERVER) == PM_CLASS_START && pm_class(PM_NONE, PM_KEY2) == 0);
  CHECK(pm_same_key(PM_KEY3, NODE, NODE) && !pm_same_key(PM_KEY3, NODE, METER));
}

static void try_nodes(void) {
  CHECK(pm_ask(NODE, PM_ORDER_KT) == PM_TYPE_NODE);
  CHECK(pm_node_put_number(NODE, 5, 55) == PM_OK);
  CHECK(pm_node_number(NODE, 5, &number) == PM_OK && number == 55);
  CHECK(pm_store(NODE, 6, PM_SERVER) == PM_OK);
  // Somebody's start key is not called by who wants a number.
  CHECK(pm_node_number(NODE, 6, &number) != PM_OK || number == 0);
  CHECK(pm_fetch(NODE, 6, PM_KEY1) == PM_OK && pm_ask(PM_KEY1, PM_ORDER_KT) == PM_TYPE_ECHO);
  CHECK(pm_store(NODE, 7, NODE) == PM_OK);
  CHECK(pm_node_number(NODE, 7, &number) == PM_INVALID);
  CHECK(pm_fetch(NODE, 16, PM_KEY1) == PM_RANGE && pm_store(NODE, 16, PM_KEY1) == PM_RANGE);
  CHECK(pm_node_put_number(NODE, 16, 1) != PM_OK);
  CHECK(pm_fetch_key(NODE, PM_KEY1) == PM_OK && pm_sense_key(NODE, PM_KEY2) == PM_OK);
  CHECK(pm_ask(PM_KEY1, PM_ORDER_KT) == PM_TYPE_FETCH);
  CHECK(pm_ask(PM_KEY2, PM_ORDER_KT) == PM_TYPE_SENSE);
  CHECK(pm_same_node(NODE, PM_KEY1) && pm_same_node(PM_KEY2, NODE) && !pm_same_node(NODE, METER));
  CHECK(pm_store(PM_KEY1, 5, PM_KEY2) == PM_INVALID);
  CHECK(pm_fetch(PM_KEY1, 6, PM_KEY3) == PM_OK && pm_ask(PM_KEY3, PM_ORDER_KT) == PM_TYPE_ECHO);
  CHECK(pm_fetch(PM_KEY2, 6, PM_KEY3) == PM_OK && pm_ask(PM_KEY3, PM_ORDER_KT) == PM_TYPE_DATA);
  CHECK(pm_clear(NODE) == PM_OK);
  CHECK(pm_node_number(NODE, 5, &number) == PM_OK && number == 0);
}

static void try_meters(void) {
  CHECK(pm_counter_read(METER, &number) == PM_OK && number == 1000);
  CHECK(pm_counter_set(METER, 2000) == PM_OK);
  CHECK(pm_counter_add(METER, 500) == PM_OK);
  CHECK(pm_counter_swap(METER, 7, &number) == PM_OK && number == 2500);
  CHECK(pm_counter_take(METER, &number) == PM_OK && number == 7);
  CHECK(pm_counter_read(METER, &number) == PM_OK && number == 0);
  CHECK(pm_counter_set(METER, UINT64_MAX - 1) == PM_OK && pm_counter_add(METER, 5) == PM_OK);
  CHECK(pm_counter_read(METER, &number) == PM_OK && number == UINT64_MAX);
  CHECK(pm_set_keeper(METER, PM_SERVER) == PM_OK && pm_keeper(METER, PM_KEY1) == PM_OK);
  CHECK(pm_ask(PM_KEY1, PM_ORDER_KT) == PM_TYPE_ECHO);
  CHECK(pm_set_keeper(METER, PM_NONE) == PM_OK && pm_keeper(METER, PM_KEY1) == PM_OK);
  CHECK(pm_ask(PM_KEY1, PM_ORDER_KT) == PM_TYPE_DATA);
  CHECK(pm_meter_key(METER, PM_KEY1) == PM_OK);
  CHECK(pm_ask(PM_KEY1, PM_ORDER_KT) == PM_TYPE_METER && pm_same_node(METER, PM_KEY1));
  CHECK(pm_domain_meter(PM_SELF, PM_KEY2) == PM_OK);
  CHECK(pm_set_superior(METER, PM_KEY2) == PM_OK);
  CHECK(pm_fetch(METER, PM_METER_SUPERIOR, PM_KEY3) == PM_OK);
  CHECK(pm_ask(PM_KEY3, PM_ORDER_KT) == PM_TYPE_METER);
  CHECK(pm_counter_take(PM_KEY1, &number) == PM_INVALID);
  CHECK(pm_counter_add(PM_KEY1, 1) == PM_INVALID);
  CHECK(pm_counter_set(PM_KEY1, 1) == PM_INVALID);
}

static void try_domains(void) {
  static pm_registers registers;
  CHECK(pm_ask(ECHO, PM_ORDER_KT) == PM_TYPE_DOMAIN);
  CHECK(pm_registers_get(ECHO, &registers) == PM_OK && registers.pc >= 0x10000);
  CHECK(pm_registers_put(ECHO, &registers) == PM_OK);
  CHECK(pm_ask(PM_SERVER, PM_ORDER_KT) == PM_TYPE_ECHO);
  CHECK(pm_start_key(ECHO, 99, PM_KEY1) == PM_OK && pm_ask(PM_KEY1, 2) == 99);
  CHECK(pm_make_number(PM_KEY2, 17) == PM_OK);
  CHECK(pm_domain_swap_key(ECHO, 9, PM_KEY2, PM_KEY3) == PM_OK);
  CHECK(pm_domain_key(ECHO, 9, PM_KEY3) == PM_OK);
  CHECK(pm_read_number(PM_KEY3, &number) == PM_OK && number == 17);
  CHECK(pm_domain_key(ECHO, 16, PM_KEY3) == PM_RANGE);
  CHECK(pm_domain_swap_key(ECHO, 16, PM_KEY2, PM_NONE) == PM_RANGE);
  CHECK(pm_domain_swap_keeper(ECHO, PM_KEY1, PM_NONE) == PM_OK);
  CHECK(pm_domain_keeper(ECHO, PM_KEY3) == PM_OK && pm_ask(PM_KEY3, 2) == 99);
  CHECK(pm_domain_swap_meter(ECHO, PM_NONE, PM_KEY3) == PM_OK);
  CHECK(pm_ask(PM_KEY3, PM_ORDER_KT) == PM_TYPE_METER);
  CHECK(pm_domain_swap_meter(ECHO, PM_KEY3, PM_NONE) == PM_OK);
  CHECK(pm_make_waiting(ECHO, PM_KEY3) == PM_OK);
  CHECK(pm_make_available(ECHO) == PM_OK);
  CHECK(pm_ask(PM_SERVER, PM_ORDER_KT) == PM_TYPE_ECHO);
}

static void try_time_and_joins(void) {
  uint64_t before = pm_time();
  CHECK(before > 0 && before % PM_CYCLE == 0);
  CHECK(pm_sleep(10000) == PM_OK);
  CHECK(pm_time() >= before + 10000 * PM_CYCLE);
  CHECK(pm_idle_cycles() < pm_time() / PM_CYCLE);
  CHECK(pm_wait_set(PM_WAIT, 0) == PM_OK && pm_wait(PM_WAIT) == PM_OK);
  CHECK(pm_ask(PM_WAIT, PM_ORDER_KT) == PM_TYPE_WAIT);

  char answer[8];
  pm_inbox inbox = {.buffer = answer, .capacity = sizeof answer};
  CHECK(pm_ask(PM_JOIN, PM_ORDER_KT) == PM_TYPE_JOIN);
  CHECK(pm_join_key(PM_JOIN, PM_KEY1) == PM_OK);
  // The echo is asked to answer there, and we go on; then its answer is fetched.
  pm_message question = {.order = 4711,
                         .keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_KEY1),
                         .string = "echo, echo",
                         .length = 10};
  pm_fork(PM_SERVER, &question);
  CHECK(pm_join_wait(PM_JOIN, &inbox) == 4711);
  CHECK(inbox.length == 8 && inbox.sent == 10 && memcmp(answer, "echo, e", 7) == 0);
  CHECK(pm_ask(PM_KEY1, 5) != 5);  // a return key works once
  CHECK(pm_join_wait(PM_JOIN, &inbox) == PM_NOTHING);
}

static void try_pages(void) {
  char bytes[PM_PAGE];
  CHECK(pm_ask(PAGE, PM_ORDER_KT) == PM_TYPE_PAGE);
  CHECK(pm_page_write(PAGE, 4090, "page's end", 6) == PM_OK);
  CHECK(pm_page_write(PAGE, 4091, "page's end", 6) == PM_RANGE);
  CHECK(pm_page_write(PAGE, 4096, "p", 1) == PM_RANGE);
  CHECK(pm_page_read(PAGE, 4090, bytes, 6) == PM_OK && memcmp(bytes, "page's", 6) == 0);
  CHECK(pm_page_read(PAGE, 4090, bytes, 7) == PM_RANGE);
  CHECK(pm_page_read(PAGE, 0, bytes, PM_PAGE) == PM_OK && bytes[4089] == 0 && bytes[4090] == 'p');
  CHECK(pm_page_clear(PAGE) == PM_OK);
  CHECK(pm_page_read(PAGE, 4090, bytes, 6) == PM_OK && memcmp(bytes, "\0\0\0\0\0", 6) == 0);
}

static void try_numbers(void) {
  uint8_t bytes[8];
  pm_put64(bytes, 0x0102030405060708);
  for (int i = 0; i < 8; i++) CHECK(bytes[i] == i + 1);
  CHECK(pm_get64(bytes) == 0x0102030405060708 && pm_get32(bytes + 4) == 0x05060708);
}

int main(void) {
  try_numbers();
  try_data_keys();
  try_classes();
  try_nodes();
  try_meters();
  try_domains();
  try_time_and_joins();
  try_pages();
  printf("keys checks %d wrong %d\n", checks, wrong);
  return wrong == 0 ? 0 : 1;
}
