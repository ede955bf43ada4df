// short_threads [THREADS [AT_ONCE]]: many threads that live for a few allocations each.
#include <pthread.h>

#include "truth.h"

static void* Live(void* argument) {
  const size_t pairs = (uintptr_t)argument;
  for (size_t i = 0; i < pairs; i++) {
    void* block = OrDie(malloc(24 + 8 * i));
    Escape(block);
    free(block);
  }
  return NULL;
}

int main(int argc, char** argv) {
  const size_t threads = (size_t)NumberArgument(argc, argv, 1, 10000);
  const size_t at_once = (size_t)NumberArgument(argc, argv, 2, 16);
  unsigned long pairs = 0;
  SayText();
  pthread_t* ids = OrDie(malloc(at_once * sizeof(*ids)));
  for (size_t i = 0; i < threads; i += at_once) {
    const size_t some = threads - i < at_once ? threads - i : at_once;
    for (size_t j = 0; j < some; j++) {
      const size_t mine = 1 + (i + j) % 3;
      pairs += mine;
      // EAGAIN: the kernel is still busy with threads that have ended.
      while (pthread_create(&ids[j], NULL, Live, (void*)(uintptr_t)mine) != 0) usleep(1000);
    }
    for (size_t j = 0; j < some; j++) pthread_join(ids[j], NULL);
  }
  SayCalls("malloc", pairs + 1);
  SayCalls("free", pairs);
  SayNumber("threads", threads);
  return 0;
}
