// primemeter.h: keys and gates, for programs in C on the target CPU.
//
// A program (a "domain") holds sixteen keys in slots 0 to 15. It can't see their bits: it names a
// slot, and the kernel does with the key what the program asks. There are three ways to ask:
//
//   pm_call    sends a message, waits for the answer
//   pm_return  sends a message (mostly the answer to a caller), waits for the next message
//   pm_fork    sends a message, goes on
//
// A message is an order code, a string of up to 4,096 bytes and four keys. pm_call replaces the
// fourth key by a *resume key* to the caller: whoever gets it answers by sending a message there.
// A resume key works once; then it and all copies of it are void. What comes lands in a pm_inbox:
// the string in its buffer, the keys in the slots that it names. An answer's first word is its
// order code, too: PM_OK, or why not.
//
// A server that answers each message with its order plus one:
//
//   #include <primemeter.h>
//   int main(void) {
//     pm_inbox inbox = {.keys = PM_KEYS(PM_NONE, PM_NONE, PM_NONE, PM_REPLY)};
//     uint32_t order = pm_receive(&inbox);
//     for (;;) order = pm_reply(order + 1, NULL, 0, &inbox);
//   }
//
// and one who asks it: `uint32_t answer = pm_ask(PM_SERVER, 41);`.
//
// A void key, a rescinded one and an empty slot all are DK(0), the data key of value 0: to call it
// answers, to return to it or to fork it does nothing. Numbers in strings are big-endian.
//
// What is asked with a string of more than 4,096 bytes traps with 0x304, with a string that can't
// be read 0x105, with a buffer that can't be written 0x107, to oneself 0x300.
#pragma once
#include <stddef.h>
#include <stdint.h>

// --- Slots ---------------------------------------------------------------------------------------

// Which key lies where is agreed between a program and whoever makes its domain. These are the
// customs that the programs of this folder keep, and the slots that functions below take keys from.
// One that a program has no use for may be left empty.
enum pm_slot {
  PM_SERVER = 0,    // whom the program calls
  PM_SELF = 1,      // its own domain key
  PM_CLOCK = 2,     // the clock key
  PM_RETURNER = 3,  // the returner: pm_copy_key
  PM_DATA = 4,      // the maker of data keys: pm_make_data, pm_make_number
  PM_WAIT = 5,      // a wait object
  PM_JOIN = 6,      // a join object
  PM_OWN = 7,       // 7 to 10: told at the head of each program
  PM_SCRATCH = 11,  // functions below use it, and leave anything in it
  PM_KEY1 = 12,     // keys that come with a message
  PM_KEY2 = 13,
  PM_KEY3 = 14,
  PM_REPLY = 15,    // the fourth of them: whom to answer
  PM_SLOTS = 16,
  PM_NONE = 0xff    // no slot: passes DK(0), drops what comes, is DK(0) when invoked
};

// Four slots, of four keys to send or to receive; 0 is none of them, so that a structure that says
// nothing of keys neither gives nor takes any.
typedef uint32_t pm_keys;
#define PM_KEYS(key1, key2, key3, key4)                                                     \
  ((pm_keys) ~((uint32_t)((key1) & 0xff) | (uint32_t)((key2) & 0xff) << 8 |                 \
               (uint32_t)((key3) & 0xff) << 16 | (uint32_t)((key4) & 0xff) << 24))
#define PM_KEY(key1) PM_KEYS(key1, PM_NONE, PM_NONE, PM_NONE)

// --- Messages ------------------------------------------------------------------------------------

enum { PM_STRING = 4096 };  // the longest string, in bytes

// What is sent.
typedef struct pm_message {
  uint32_t order;
  pm_keys keys;        // the slots of the keys that are passed
  const void *string;  // may be NULL where length is 0
  uint32_t length;
} pm_message;

// Where a message or an answer goes, and what came.
typedef struct pm_inbox {
  // Said by the program:
  void *buffer;
  uint32_t capacity;
  pm_keys keys;  // the slots that the keys received go to; where there is none, a key is dropped
  // Said by the kernel:
  uint32_t order;
  uint32_t databyte;  // of the start key that was called; 0 with answers
  uint32_t length;    // bytes in the buffer
  uint32_t sent;      // bytes that were sent: more than `length` when they did not fit
} pm_inbox;

enum { PM_INVOKE_CALL = 0x4b00, PM_INVOKE_RETURN = 0x4b01, PM_INVOKE_FORK = 0x4b02 };

// The instruction. Both pointers may be NULL: an empty message, an inbox that drops everything.
// Returns the order code that came; nothing of use after PM_INVOKE_FORK.
static inline uint32_t pm_invoke(uint32_t kind, uint32_t slot, const pm_message *message,
                                 pm_inbox *inbox) {
  uint32_t order = message != NULL ? message->order : 0;
  uint32_t string = message != NULL ? (uintptr_t)message->string : 0;
  uint32_t length = message != NULL ? message->length : 0;
  uint32_t keys = message != NULL ? ~message->keys : ~0u;
  uint32_t buffer = inbox != NULL ? (uintptr_t)inbox->buffer : 0;
  uint32_t capacity = inbox != NULL ? inbox->capacity : 0;
  uint32_t slots = inbox != NULL ? ~inbox->keys : ~0u;
  register uint32_t a0 __asm__("a0") = slot;
  register uint32_t a1 __asm__("a1") = order;
  register uint32_t a2 __asm__("a2") = string;
  register uint32_t a3 __asm__("a3") = length;
  register uint32_t a4 __asm__("a4") = keys;
  register uint32_t a5 __asm__("a5") = buffer;
  register uint32_t a6 __asm__("a6") = capacity;
  register uint32_t a7 __asm__("a7") = kind;
  register uint32_t t0 __asm__("t0") = slots;
  __asm__ volatile("ecall"
                   : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3)
                   : "r"(a4), "r"(a5), "r"(a6), "r"(a7), "r"(t0)
                   : "memory");
  if (inbox == NULL || kind == PM_INVOKE_FORK) return a0;
  inbox->order = a0;
  inbox->databyte = a1;
  inbox->length = a2;
  inbox->sent = a3;
  return a0;
}

// Sends a message and waits for the answer, whose order code is returned. The fourth key sent is
// always a resume key to the caller.
uint32_t pm_call(uint32_t slot, const pm_message *message, pm_inbox *inbox);

// Sends a message, makes the domain available, and waits for the next message, whose order code is
// returned.
uint32_t pm_return(uint32_t slot, const pm_message *message, pm_inbox *inbox);

// Sends a message and goes on. What a key of the kernel answers goes to the fourth key, if that is
// a resume key. Waits only where the domain called is busy.
void pm_fork(uint32_t slot, const pm_message *message);

// Waits for a message, with nothing to say before: how a server begins.
uint32_t pm_receive(pm_inbox *inbox);

// Answers the key in PM_REPLY without keys, and waits for the next message.
uint32_t pm_reply(uint32_t order, const void *string, uint32_t length, pm_inbox *inbox);

// A call of an order alone, whose answer is an order code alone.
uint32_t pm_ask(uint32_t slot, uint32_t order);

// A call with one key to pass and one to receive; either slot may be PM_NONE.
uint32_t pm_exchange(uint32_t slot, uint32_t order, uint32_t pass, uint32_t receive);

// --- Orders and answers --------------------------------------------------------------------------

#define PM_ORDER_KT 0x80000000u       // every key says what it is
#define PM_ORDER_KEEPER 0xffffffffu   // to a meter's keeper: it is dry
#define PM_ORDER_STORAGE 0xfffffffeu  // to a meter's keeper: it has too little storage for a page
#define PM_ORDER_TRAP 0x80000000u     // to a domain's keeper: this plus the trap's code, never 0

enum { PM_OK = 0, PM_NOTHING = 1, PM_RANGE = 2, PM_TAKEN = 3 };
#define PM_INVALID 0x80000002u    // the key does not know the order
#define PM_ABANDONED 0x80000003u  // made to run on by others, without an answer
#define PM_FAILED 0x80000004u     // a function of the host threw

// What kinds of keys answer to PM_ORDER_KT, and, from 0x106, programs of this folder.
enum pm_type {
  PM_TYPE_DATA = 1,
  PM_TYPE_NODE = 3,
  PM_TYPE_FETCH = 4,
  PM_TYPE_METER = 6,
  PM_TYPE_DOMAIN = 7,
  PM_TYPE_SENSE = 15,
  PM_TYPE_KEEPER = 0x106,
  PM_TYPE_TRAP_KEEPER = 0x107,
  PM_TYPE_SCHEDULER = 0x108,
  PM_TYPE_ECHO = 0x109,
  PM_TYPE_BANK = 0x10a,
  PM_TYPE_IDLER = 0x10b,
  PM_TYPE_MISC = 0x201,  // clock, returner, maker of data keys, discrim
  PM_TYPE_PAGE = 0x202,
  PM_TYPE_SEGMENT = 0x205,
  PM_TYPE_JOIN = 0x203,
  PM_TYPE_WAIT = 0x204
};

// --- Keys ----------------------------------------------------------------------------------------

// Puts a copy of a key into another slot, by the returner.
uint32_t pm_copy_key(uint32_t to, uint32_t from);

// Makes slots DK(0), by calling nobody.
void pm_drop_keys(pm_keys keys);

// What kind of thing a key is, without calling it: `discrim` is the slot of the discrim key. 0
// where that holds none.
enum pm_class {
  PM_CLASS_DATA = 1,
  PM_CLASS_RESUME = 2,
  PM_CLASS_MEMORY = 3,  // node, fetch, sense, page
  PM_CLASS_METER = 4,
  PM_CLASS_OTHER = 5,
  PM_CLASS_START = 6  // of a domain, a join or a wait object: who calls it may have to wait
};
uint32_t pm_class(uint32_t discrim, uint32_t slot);
int pm_same_key(uint32_t discrim, uint32_t slot, uint32_t other);

// Drops the key in PM_REPLY if it is a start key. Who uses pm_fork may name any key as the one to
// be answered; with the start key of a domain that is busy for ever, he would make a server wait
// for ever, and all who wait for the server. For servers whose callers don't trust each other.
void pm_check_reply(uint32_t discrim);

// --- Data keys -----------------------------------------------------------------------------------

enum { PM_BODY = 11 };  // bytes of a data key's body, a big-endian number

// Puts the data key whose body ends with these bytes, at most 11, into a slot, by PM_DATA.
uint32_t pm_make_data(uint32_t to, const void *bytes, uint32_t length);
uint32_t pm_make_number(uint32_t to, uint64_t number);

// Reads a data key; PM_INVALID for another, PM_RANGE where a number has more than 64 bits. Calls
// the key: not for one that may be somebody's start key (pm_node_number is).
uint32_t pm_read_data(uint32_t slot, uint8_t body[PM_BODY]);
uint32_t pm_read_number(uint32_t slot, uint64_t *number);

// --- Nodes: `node` is the slot of a node key -----------------------------------------------------

uint32_t pm_fetch(uint32_t node, uint32_t index, uint32_t to);
uint32_t pm_store(uint32_t node, uint32_t index, uint32_t from);
uint32_t pm_clear(uint32_t node);

// Whether the key in another slot is to the same node.
int pm_same_node(uint32_t node, uint32_t other);

// Keys to the same node that allow less: to fetch; to fetch data only; to run under it.
uint32_t pm_fetch_key(uint32_t node, uint32_t to);
uint32_t pm_sense_key(uint32_t node, uint32_t to);
uint32_t pm_meter_key(uint32_t node, uint32_t to);

// Puts a data key into a node's slot, with no other key needed; reads one there, safely: whatever
// the slot holds, nobody is called. PM_INVALID where that is no data key.
uint32_t pm_node_put_number(uint32_t node, uint32_t index, uint64_t number);
uint32_t pm_node_number(uint32_t node, uint32_t index, uint64_t *number);

// --- Meters: `meter` is the slot of a service key, which is a node key to the meter --------------

enum {
  PM_METER_SUPERIOR = 1,
  PM_METER_KEEPER = 2,
  PM_METER_COUNTER = 3,
  PM_METER_STORAGE = 5,
  PM_METER_FREE = 13  // the kernel never looks at slots 9, 13, 14; `keeper` counts in 13 and 14
};

// To read a counter takes all caches below the meter back, and is exact.
uint32_t pm_counter_read(uint32_t meter, uint64_t *cycles);

// Writes it; what was left there is gone, and what was cached below.
uint32_t pm_counter_set(uint32_t meter, uint64_t cycles);

// Empties it, and says what was left: nothing below the meter runs from here on.
uint32_t pm_counter_take(uint32_t meter, uint64_t *cycles);

// Takes and sets, so that nothing is lost that is used meanwhile. Others that hold the service key
// must not write at the same time. At most 2^64 - 1 come of pm_counter_add.
uint32_t pm_counter_swap(uint32_t meter, uint64_t cycles, uint64_t *before);
uint32_t pm_counter_add(uint32_t meter, uint64_t more);
// Not for a meter above the program itself: it would stop between the two, for good.

// The same of its storage, in word-cycles; 2^64 - 1 is no limit, and is not counted down.
uint32_t pm_storage_read(uint32_t meter, uint64_t *words);
uint32_t pm_storage_set(uint32_t meter, uint64_t words);
uint32_t pm_storage_add(uint32_t meter, uint64_t more);

uint32_t pm_keeper(uint32_t meter, uint32_t to);
uint32_t pm_set_keeper(uint32_t meter, uint32_t from);
uint32_t pm_set_superior(uint32_t meter, uint32_t from);

// --- Domains: `domain` is the slot of a domain key -----------------------------------------------

typedef struct pm_registers {
  uint32_t x[31];  // x[0] is x1, which is ra; x[n - 1] is xn
  uint32_t pc;
} pm_registers;

uint32_t pm_registers_get(uint32_t domain, pm_registers *registers);
uint32_t pm_registers_put(uint32_t domain, const pm_registers *registers);

// Its meter, its keeper, its keys; the old one goes to `to`, which may be PM_NONE.
uint32_t pm_domain_meter(uint32_t domain, uint32_t to);
uint32_t pm_domain_swap_meter(uint32_t domain, uint32_t from, uint32_t to);
uint32_t pm_domain_keeper(uint32_t domain, uint32_t to);
uint32_t pm_domain_swap_keeper(uint32_t domain, uint32_t from, uint32_t to);
uint32_t pm_domain_key(uint32_t domain, uint32_t index, uint32_t to);
uint32_t pm_domain_swap_key(uint32_t domain, uint32_t index, uint32_t from, uint32_t to);

// A start key to it: who calls that key calls the domain, which is told the data byte.
uint32_t pm_start_key(uint32_t domain, uint8_t databyte, uint32_t to);

// Makes it available: it leaves what it does, and takes messages.
uint32_t pm_make_available(uint32_t domain);
// Makes it wait, and gives a restart key: who uses that makes it go on where it stands.
uint32_t pm_make_waiting(uint32_t domain, uint32_t to);
// Makes it go on; a trap is forgotten, and who waited for an answer gets PM_ABANDONED.
uint32_t pm_make_running(uint32_t domain);

// --- Time ----------------------------------------------------------------------------------------

// Times are in 1/4096 microseconds, of which a cycle takes 256.
#define PM_CYCLE 256

// The time by PM_CLOCK, 0 where there is no clock; the cycles in which nobody ran.
uint64_t pm_time(void);
uint64_t pm_idle_cycles(void);

// Sets the time of a wait object: a past one wakes who waits there, at once. Waits for its time.
enum { PM_ORDER_WAIT = 0, PM_ORDER_WAIT_SET = 1 };
uint32_t pm_wait_set(uint32_t wait, uint64_t time);
uint32_t pm_wait(uint32_t wait);

// Waits for so many cycles, by PM_CLOCK and PM_WAIT.
uint32_t pm_sleep(uint64_t cycles);

// --- Joins: `join` is the slot of a join object's start key --------------------------------------

// Gives a return key to the join, which now waits for it: a key given before is void, and a message
// that nobody fetched is dropped.
uint32_t pm_join_key(uint32_t join, uint32_t to);

// Fetches the message that was sent to the return key, or waits for it. PM_NOTHING where no key was
// given, PM_TAKEN where another waits there already.
uint32_t pm_join_wait(uint32_t join, pm_inbox *inbox);

// --- Pages: `page` is the slot of a page key -----------------------------------------------------

enum { PM_PAGE = 4096 };

// Both answer PM_RANGE where the page ends before `length` bytes; to write more than 4,096 traps.
uint32_t pm_page_read(uint32_t page, uint32_t offset, void *bytes, uint32_t length);
uint32_t pm_page_write(uint32_t page, uint32_t offset, const void *bytes, uint32_t length);
uint32_t pm_page_clear(uint32_t page);

// --- Big-endian numbers in strings ---------------------------------------------------------------

static inline uint32_t pm_get32(const void *bytes) {
  const uint8_t *b = bytes;
  return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t pm_get64(const void *bytes) {
  return (uint64_t)pm_get32(bytes) << 32 | pm_get32((const uint8_t *)bytes + 4);
}

static inline void pm_put32(void *bytes, uint32_t number) {
  uint8_t *b = bytes;
  for (int i = 3; i >= 0; i--, number >>= 8) b[i] = number;
}

static inline void pm_put64(void *bytes, uint64_t number) {
  pm_put32(bytes, number >> 32);
  pm_put32((uint8_t *)bytes + 4, number);
}
