#include <stdlib.h>
#include <string.h>

#include "chain.h"

static uint64_t Next(uint64_t* random) {
  *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
  return *random >> 33;
}

static char* MakeWord(uint64_t* random) {
  const size_t length = 3 + Next(random) % 20;
  char* word = malloc(length + 1);
  if (word == NULL) abort();
  for (size_t i = 0; i < length; i++) word[i] = (char)('a' + Next(random) % 26);
  word[length] = '\0';
  return word;
}

uint64_t SortWords(size_t count, uint64_t seed) {
  char** words = calloc(count, sizeof(*words));
  if (words == NULL) abort();
  for (size_t i = 0; i < count; i++) words[i] = MakeWord(&seed);
  qsort(words, count, sizeof(*words), CompareWords);
  const uint64_t middle = HashOf(words[count / 2]);
  for (size_t i = 0; i < count; i++) free(words[i]);
  free(words);
  return middle;
}

uint64_t CountWords(size_t count, uint64_t seed) {
  enum { kSlots = 4096 };
  struct Entry {
    struct Entry* next;
    char word[24];
    uint64_t seen;
  };
  struct Entry** table = calloc(kSlots, sizeof(*table));
  if (table == NULL) abort();
  uint64_t most = 0;
  for (size_t i = 0; i < count; i++) {
    char* word = MakeWord(&seed);
    word[2] = '\0';
    struct Entry** slot = &table[HashOf(word) % kSlots];
    while (*slot != NULL && strcmp((*slot)->word, word) != 0) slot = &(*slot)->next;
    if (*slot == NULL) {
      *slot = calloc(1, sizeof(**slot));
      if (*slot == NULL) abort();
      memcpy((*slot)->word, word, 3);
    }
    if (++(*slot)->seen > most) most = (*slot)->seen;
    free(word);
  }
  for (size_t i = 0; i < kSlots; i++) {
    while (table[i] != NULL) {
      struct Entry* entry = table[i];
      table[i] = entry->next;
      free(entry);
    }
  }
  free(table);
  return most;
}

uint64_t RunCode(size_t length, uint64_t seed) {
  unsigned char* code = malloc(length);
  if (code == NULL) abort();
  // A loop, as programs are: a processor learns where its jumps go.
  enum { kLoop = 24 };
  for (size_t i = 0; i < length; i++) {
    code[i] = i < kLoop ? (unsigned char)Next(&seed) : code[i - kLoop];
  }
  uint64_t stack[64] = {0};
  uint64_t result = 0;
  for (int i = 0; i < 20; i++) result ^= Interpret(code, length, stack);
  free(code);
  return result;
}
