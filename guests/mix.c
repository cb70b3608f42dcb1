// mix [ROUNDS]: the yardstick for instructions a second. Each round runs four kinds of work that
// real programs are made of: a linked list is searched, sorted and reversed; small matrices are
// multiplied; a state machine reads numbers out of text; a CRC-16 goes over all results.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/system.h"

// CRC-16/ARC: reflected polynomial 0xa001.
static uint16_t crc_byte(uint16_t crc, uint8_t byte) {
  crc ^= byte;
  for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
  return crc;
}

static uint16_t crc_word(uint16_t crc, uint32_t word) {
  for (int i = 0; i < 4; i++, word >>= 8) crc = crc_byte(crc, word);
  return crc;
}

// --- Lists

enum { ITEMS = 100, FINDS = 40 };

typedef struct Item {
  struct Item *next;
  int16_t value;
  int16_t order;
} Item;

static Item items[ITEMS];

static Item *make_list(uint32_t *random) {
  for (int i = 0; i < ITEMS; i++) {
    // Neighbours in the list are not neighbours in memory.
    int at = i * 37 % ITEMS, next = (i + 1) * 37 % ITEMS;
    items[at] = (Item){i + 1 < ITEMS ? &items[next] : NULL, next_random(random) % 256, i};
  }
  return &items[0];
}

static Item *find(Item *list, int value) {
  while (list != NULL && list->value != value) list = list->next;
  return list;
}

static Item *reverse(Item *list) {
  Item *reversed = NULL;
  while (list != NULL) {
    Item *next = list->next;
    list->next = reversed;
    reversed = list;
    list = next;
  }
  return reversed;
}

static int by_value(const Item *a, const Item *b) { return a->value - b->value; }
static int by_order(const Item *a, const Item *b) { return a->order - b->order; }

// Merge sort from the bottom up: runs of 1, 2, 4, … items until one run is left.
static Item *sort(Item *list, int (*compare)(const Item *, const Item *)) {
  for (int run = 1;; run *= 2) {
    Item *rest = list, **end = &list;
    int merges = 0;
    while (rest != NULL) {
      Item *left = rest, *right = rest;
      int left_size = 0, right_size = run;
      while (left_size < run && right != NULL) left_size++, right = right->next;
      while (left_size > 0 || (right_size > 0 && right != NULL)) {
        int from_left =
            left_size > 0 && (right_size == 0 || right == NULL || compare(left, right) <= 0);
        if (from_left) *end = left, left = left->next, left_size--;
        else *end = right, right = right->next, right_size--;
        end = &(*end)->next;
      }
      rest = right;
      merges++;
    }
    *end = NULL;
    if (merges <= 1) return list;
  }
}

static uint16_t list_work(uint16_t crc, uint32_t *random) {
  Item *list = make_list(random);
  for (int i = 0; i < FINDS; i++) {
    const Item *found = find(list, next_random(random) % 256);
    crc = crc_byte(crc, found == NULL ? 0xff : found->order);
    list = reverse(list);
  }
  list = sort(list, by_value);
  for (const Item *item = list; item != NULL; item = item->next) crc = crc_byte(crc, item->value);
  list = sort(list, by_order);
  for (const Item *item = list; item != NULL; item = item->next) crc = crc_byte(crc, item->value);
  return crc;
}

// --- Matrices

enum { SIDE = 12 };

static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static uint16_t matrix_work(uint16_t crc, uint32_t *random) {
  for (int i = 0; i < SIDE * SIDE; i++) {
    left[i / SIDE][i % SIDE] = next_random(random) % 200 - 100;
    right[i / SIDE][i % SIDE] = next_random(random) % 200 - 100;
  }
  for (int pass = 0; pass < 4; pass++) {
    for (int i = 0; i < SIDE; i++) {
      for (int j = 0; j < SIDE; j++) {
        int32_t sum = 0;
        for (int k = 0; k < SIDE; k++) sum += left[i][k] * right[k][j];
        product[i][j] = sum;
      }
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
      int32_t cell = product[i / SIDE][i % SIDE];
      left[i / SIDE][i % SIDE] = (cell >> 4) + (cell & 15);  // cut down to 16 bits again
    }
  }
  for (int i = 0; i < SIDE; i++) crc = crc_word(crc, product[i][i]);
  return crc;
}

// --- A state machine

typedef enum { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, POWER, WRONG, STATES } State;

static State step(State state, char c) {
  int digit = c >= '0' && c <= '9';
  switch (state) {
    case START:
      return digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : WRONG;
    case SIGN:
      return digit ? INTEGER : c == '.' ? POINT : WRONG;
    case INTEGER:
      return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : WRONG;
    case POINT:
      return digit ? FRACTION : WRONG;
    case FRACTION:
      return digit ? FRACTION : c == 'e' ? EXPONENT : WRONG;
    case EXPONENT:
      return digit || c == '-' ? POWER : WRONG;
    case POWER:
      return digit ? POWER : WRONG;
    default:
      return WRONG;
  }
}

static uint16_t text_work(uint16_t crc, uint32_t *random) {
  static const char *const NUMBERS[] = {
      "7", "1985", "-16000000", "+404", "3.1415", "-.0625", "80.e6", "1e-9", "+2.5e10", "6.02e23",
      "x86", "--1", "1.2.3", "9e", ".", "0x1f", "12e+3", "4096KB"};
  char text[400];
  int length = 0;
  while (length < 380) {
    const char *number = NUMBERS[next_random(random) % (sizeof NUMBERS / sizeof *NUMBERS)];
    size_t size = strlen(number);
    memcpy(text + length, number, size);
    length += size;
    text[length++] = ',';
  }
  uint32_t ends[STATES] = {0}, visits[STATES] = {0};
  for (int pass = 0; pass < 4; pass++) {
    State state = START;
    for (int i = 0; i < length; i++) {
      if (text[i] == ',') {
        ends[state]++;
        state = START;
      } else {
        state = step(state, text[i]);
        visits[state]++;
      }
    }
    // Spoil some characters for the next pass.
    for (int i = pass; i < length; i += 23) {
      if (text[i] != ',') text[i] ^= 3;
    }
  }
  for (int i = 0; i < STATES; i++) crc = crc_word(crc_word(crc, ends[i]), visits[i]);
  return crc;
}

int main(int argc, char **argv) {
  int rounds = number_argument(argc, argv, 1, 150, 100000000);
  uint32_t random = 9;
  uint16_t lists = 0, matrices = 0, texts = 0, all = 0;
  for (int round = 0; round < rounds; round++) {
    lists = list_work(lists, &random);
    matrices = matrix_work(matrices, &random);
    texts = text_work(texts, &random);
    all = crc_word(crc_word(all, (uint32_t)lists << 16 | matrices), texts);
  }
  printf("mix rounds %d lists %04x matrices %04x texts %04x all %04x\n", rounds, lists, matrices,
         texts, all);
  return 0;
}
