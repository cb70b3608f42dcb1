// caller [CALLS [BYTES]]: calls an echo CALLS times (100), with orders and with strings of up to
// BYTES bytes (256) of random kind, and with a data key where it has a maker of such; checks all
// that comes back.
//
// Keys: 0 the echo's start key; 4 the maker of data keys, or nothing.
// Prints `caller calls 100 bytes 11502 keys 100 wrong 0 hash 38a697ff`; exits with 1 if any
// is wrong.
#include <primemeter.h>
#include <stdio.h>
#include <string.h>

#include "runtime/system.h"

enum { SENT_KEY = PM_OWN };

static uint8_t sent[PM_STRING], received[PM_STRING];

// Orders that the echo has no other answer to.
static uint32_t random_order(uint32_t *random) { return 16 + next_random(random); }

int main(int argc, char **argv) {
  int calls = number_argument(argc, argv, 1, 100, 100000000);
  int most = count_argument(argc, argv, 2, 256, 0, PM_STRING);
  uint32_t random = 1, hash = FNV_BASIS, bytes = 0, keys = 0, wrong = 0;
  for (int i = 0; i < calls; i++) {
    uint32_t length = next_random(&random) % (most + 1);
    for (uint32_t j = 0; j < length; j++) sent[j] = next_random(&random);
    int has_key = pm_make_number(SENT_KEY, i) == PM_OK;
    pm_message message = {.order = random_order(&random),
                          .string = sent,
                          .length = length,
                          .keys = PM_KEY(SENT_KEY)};
    pm_inbox inbox = {.buffer = received, .capacity = sizeof received, .keys = PM_KEY(PM_KEY1)};
    uint32_t answer = pm_call(PM_SERVER, &message, &inbox);
    uint64_t number = 0;
    int key_back = !has_key || (pm_read_number(PM_KEY1, &number) == PM_OK && number == (uint32_t)i);
    int same = answer == message.order && inbox.databyte == 0 && inbox.length == length &&
               inbox.sent == length && memcmp(sent, received, length) == 0;
    if (!same || !key_back) wrong++;
    bytes += inbox.length;
    keys += has_key;
    hash = fnv1a(fnv1a(hash, &answer, sizeof answer), received, inbox.length);
  }
  printf("caller calls %d bytes %u keys %u wrong %u hash %08x\n", calls, (unsigned)bytes,
         (unsigned)keys, (unsigned)wrong, (unsigned)hash);
  return wrong == 0 ? 0 : 1;
}
