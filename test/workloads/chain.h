// The calls that chain.c, chain_outer.c and chain_inner.c make of each other, across libraries or
// within one file, as they are linked.
#ifndef TEST_WORKLOADS_CHAIN_H
#define TEST_WORKLOADS_CHAIN_H

#include <stddef.h>
#include <stdint.h>

// chain_inner.c
uint64_t HashOf(const char* word);
int CompareWords(const void* one, const void* other);
uint64_t Interpret(const unsigned char* code, size_t length, uint64_t* stack);

// chain_outer.c
uint64_t SortWords(size_t count, uint64_t seed);
uint64_t CountWords(size_t count, uint64_t seed);
uint64_t RunCode(size_t length, uint64_t seed);

#endif
