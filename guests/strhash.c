// strhash [COUNT | -]: counts words with a hash table: COUNT generated ones, or those of standard
// input. Prints how many words, how many different ones, the most frequent and a hash of counts.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/system.h"

typedef struct Word {
  struct Word *next;
  uint32_t hash;
  int count;
  char letters[];
} Word;

static Word **buckets;
static uint32_t bucket_count = 64, different;

static void *taken(void *memory) {
  if (memory != NULL) return memory;
  printf("strhash: no memory for %u words\n", (unsigned)different);
  exit(1);
}

static void grow(void) {
  uint32_t larger = bucket_count * 2;
  Word **moved = taken(calloc(larger, sizeof *moved));
  for (uint32_t i = 0; i < bucket_count; i++) {
    for (Word *word = buckets[i], *next; word != NULL; word = next) {
      next = word->next;
      word->next = moved[word->hash % larger];
      moved[word->hash % larger] = word;
    }
  }
  free(buckets);
  buckets = moved;
  bucket_count = larger;
}

static void count(const char *letters, size_t length) {
  uint32_t hash = fnv1a(FNV_BASIS, letters, length);
  for (Word *word = buckets[hash % bucket_count]; word != NULL; word = word->next) {
    if (word->hash == hash && strcmp(word->letters, letters) == 0) {
      word->count++;
      return;
    }
  }
  if (++different > bucket_count) grow();
  Word *word = taken(malloc(sizeof *word + length + 1));
  *word = (Word){buckets[hash % bucket_count], hash, 1};
  memcpy(word->letters, letters, length + 1);
  buckets[hash % bucket_count] = word;
}

// A word of one to four syllables, short ones more often.
static size_t make_word(char *letters, uint32_t *random) {
  static const char *const SYLLABLES[] = {"ka", "lo", "mi", "ter", "pen", "su", "ri", "dom"};
  letters[0] = '\0';
  uint32_t choice = next_random(random);
  do {
    strcat(letters, SYLLABLES[choice & 7]);
    choice >>= 3;
  } while ((choice & 3) != 0 && strlen(letters) < 9);
  return strlen(letters);
}

static int read_word(char *letters, size_t room) {
  int c;
  size_t length = 0;
  while ((c = getchar()) != EOF && !isalnum(c)) continue;
  for (; c != EOF && isalnum(c); c = getchar()) {
    if (length + 1 < room) letters[length++] = tolower(c);
  }
  letters[length] = '\0';
  return length;
}

int main(int argc, char **argv) {
  int from_input = argc > 1 && strcmp(argv[1], "-") == 0;
  int wanted = from_input ? 0 : number_argument(argc, argv, 1, 20000, 10000000);
  char letters[64];
  uint32_t random = 5;
  int words = 0;
  buckets = taken(calloc(bucket_count, sizeof *buckets));
  if (from_input) {
    for (size_t length; (length = read_word(letters, sizeof letters)) > 0; words++) {
      count(letters, length);
    }
  }
  for (; words < wanted; words++) count(letters, make_word(letters, &random));

  const Word *most = NULL;
  uint32_t sum = 0;  // a sum, so that the order of the table does not matter
  for (uint32_t i = 0; i < bucket_count; i++) {
    for (const Word *word = buckets[i]; word != NULL; word = word->next) {
      sum += word->hash * word->count;
      int order = most == NULL ? 1 : word->count - most->count;
      if (order > 0 || (order == 0 && strcmp(word->letters, most->letters) < 0)) most = word;
    }
  }
  printf("strhash words %d different %u most %s %d hash %08x\n", words, (unsigned)different,
         most == NULL ? "-" : most->letters, most == NULL ? 0 : most->count, (unsigned)sum);
  return 0;
}
