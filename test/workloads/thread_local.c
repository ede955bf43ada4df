// thread_local [SECONDS | ROUNDSx]: four threads that allocate nothing. Each adds to the cells of a
// thread-local array, in place, and reads and writes an array on its stack.
#include <pthread.h>

#include "truth.h"

#define THREADS 4
#define CELLS 512

static __thread uint64_t cells[CELLS];
static const char* limit_text;

static void __attribute__((noinline)) Work(volatile uint64_t* on_stack, unsigned from) {
  for (unsigned i = 0; i < CELLS; ++i) {
    cells[(i + from) % CELLS] += i;
    on_stack[i] = on_stack[CELLS - 1 - i] + 1;
  }
}

static void* Run(void* number) {
  volatile uint64_t on_stack[CELLS];
  for (unsigned i = 0; i < CELLS; ++i) on_stack[i] = i;
  char name[32];
  snprintf(name, sizeof name, "tls%d", (int)(intptr_t)number);
  SayObject(name, cells, sizeof cells);
  snprintf(name, sizeof name, "stack%d", (int)(intptr_t)number);
  SayObject(name, (const void*)on_stack, sizeof on_stack);
  char* arguments[] = {NULL, (char*)limit_text};
  struct Limit limit = LimitArgument(2, arguments);
  unsigned from = 0;
  do {
    for (int i = 0; i < 1000; ++i) Work(on_stack, from++);
  } while (!Reached(&limit));
  return NULL;
}

int main(int argc, char** argv) {
  limit_text = argc > 1 ? argv[1] : "1";
  SayText();
  pthread_t threads[THREADS];
  for (intptr_t i = 0; i < THREADS; ++i) {
    if (pthread_create(&threads[i], NULL, Run, (void*)i) != 0) abort();
  }
  for (int i = 0; i < THREADS; ++i) pthread_join(threads[i], NULL);
  return 0;
}
