#include <string.h>

#include "chain.h"

uint64_t HashOf(const char* word) {
  uint64_t hash = 14695981039346656037ULL;
  for (; *word != '\0'; word++) hash = (hash ^ (unsigned char)*word) * 1099511628211ULL;
  return hash;
}

int CompareWords(const void* one, const void* other) {
  return strcmp(*(char* const*)one, *(char* const*)other);
}

// A small machine with a stack: its switch becomes a jump table.
uint64_t Interpret(const unsigned char* code, size_t length, uint64_t* stack) {
  size_t top = 1;
  stack[0] = stack[1] = 1;
  for (size_t at = 0; at < length; at++) {
    switch (code[at] % 8) {
      case 0:
        stack[top] += code[at];
        break;
      case 1:
        stack[top] ^= stack[top - 1];
        break;
      case 2:
        stack[top] *= 3;
        break;
      case 3:
        stack[top] -= stack[top - 1] >> 3;
        break;
      case 4:
        stack[top] = stack[top] << 1 | stack[top] >> 63;
        break;
      case 5:
        if (top < 62) {
          stack[top + 1] = stack[top];
          top++;
        }
        break;
      case 6:
        if (top > 1) {
          stack[top - 1] += stack[top];
          top--;
        }
        break;
      default:
        stack[top] = ~stack[top];
        break;
    }
  }
  return stack[top];
}
