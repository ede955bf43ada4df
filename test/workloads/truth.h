// How a workload says what it did, so that a test can hold a trace against it. One line an item on
// standard output, each by one write, the words parted by single spaces:
//
//   text PID FIRST END           addresses of this program's own code
//   object PID NAME FIRST SIZE   memory it works on
//   calls PID CALL COUNT         allocation calls it made from its own code, by their C names
//   failed PID CALL COUNT        those of them that returned nothing
//   number PID NAME VALUE        anything else
//
// libc allocates as well (thread stacks, stdio buffers); those calls come from addresses outside
// the text range.
#ifndef TEST_WORKLOADS_TRUTH_H
#define TEST_WORKLOADS_TRUTH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// Keeps a function whole, under its own name.
#define NOINLINE __attribute__((noinline, noclone))

extern char __executable_start;
extern char etext;

static inline void SayText(void) {
  dprintf(1, "text %d %p %p\n", (int)getpid(), (void*)&__executable_start, (void*)&etext);
}

static inline void SayObject(const char* name, const void* address, size_t size) {
  dprintf(1, "object %d %s %p %zu\n", (int)getpid(), name, address, size);
}

static inline void SayCalls(const char* call, unsigned long count) {
  dprintf(1, "calls %d %s %lu\n", (int)getpid(), call, count);
}

static inline void SayFailed(const char* call, unsigned long count) {
  dprintf(1, "failed %d %s %lu\n", (int)getpid(), call, count);
}

static inline void SayNumber(const char* name, unsigned long value) {
  dprintf(1, "number %d %s %lu\n", (int)getpid(), name, value);
}

static inline double Seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Argument `index` as a number, or `otherwise` when it was not given.
static inline double NumberArgument(int argc, char** argv, int index, double otherwise) {
  return index < argc ? atof(argv[index]) : otherwise;
}

// How long to go on: "1.5" for seconds, "300x" for rounds.
struct Limit {
  double start;
  double end;
  unsigned long rounds_left;
};

static inline struct Limit LimitArgument(int argc, char** argv) {
  const char* text = argc > 1 ? argv[1] : "1";
  char* rest = NULL;
  const double value = strtod(text, &rest);
  struct Limit limit = {Seconds(), 0, 0};
  if (*rest == 'x') {
    limit.rounds_left = (unsigned long)value;
  } else {
    limit.end = limit.start + value;
  }
  return limit;
}

// To be asked after each round.
static inline int Reached(struct Limit* limit) {
  if (limit->end != 0) return Seconds() >= limit->end;
  return limit->rounds_left <= 1 || --limit->rounds_left == 0;
}

// How long the rounds took: the cost of recording without that of starting and ending it.
static inline void SayLoopTime(const struct Limit* limit) {
  SayNumber("loop_us", (unsigned long)((Seconds() - limit->start) * 1e6));
}

// Keeps the compiler from leaving out what makes `pointer`, or what was stored behind it.
static inline void Escape(void* pointer) { __asm__ volatile("" : : "r"(pointer) : "memory"); }

static inline void* OrDie(void* pointer) {
  if (pointer == NULL) abort();
  return pointer;
}

// For the sizes of arrays that are worked on together: without it blocks of whole pages lie at
// nearly the same place in their pages, where processors take a load for a store's data and wait.
enum { kApart = 17 * 64 };

#endif
