/* Private functions in C: specialised, split and inlined ones. */
#include <stdio.h>
#include <stdlib.h>

static int counter;
static const int limits[4] = {10, 20, 30, 40};
int shared_values[32];

static inline int clamp(int value, int limit) { return value > limit ? limit : value; }

__attribute__((noinline)) static int scale(int value, int factor) {
  for (int i = 0; i < 10; ++i) {
    value = clamp(value * factor, limits[i % 4]) + i;
  }
  return value;
}

__attribute__((noinline)) static void report(const char* what, int value) {
  if (value < 0) {
    fprintf(stderr, "%s is negative\n", what);
    exit(1);
  }
  printf("%s %d\n", what, value);
}

int step(int value) {
  ++counter;
  return scale(value, 3) + clamp(counter, 7);
}

int main(int argc, char** argv) {
  (void)argv;
  for (int i = 0; i < 32; ++i) {
    shared_values[i] = step(argc + i);
  }
  report("last", shared_values[31]);
  return 0;
}
