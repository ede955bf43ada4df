// threads [THREADS [ROUNDS]]: threads that allocate, grow and free small blocks all the time, so
// that addresses are used again, also by other threads.
#include <pthread.h>

#include "truth.h"

enum { kSlots = 64, kShared = 256 };

static unsigned long rounds;
static void* shared[kShared];

struct Counts {
  unsigned long malloc, calloc, realloc, free;
};

static void* Churn(void* argument) {
  struct Counts* counts = argument;
  void* slots[kSlots] = {0};
  uint64_t random = (uintptr_t)argument | 1;
  for (unsigned long i = 0; i < rounds; i++) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    void** slot = &slots[(random >> 33) % kSlots];
    const size_t size = 1 + (random >> 40) % 700;
    if (*slot == NULL) {
      if (i % 4 == 0) {
        *slot = OrDie(calloc(1, size));
        counts->calloc++;
      } else {
        *slot = OrDie(malloc(size));
        counts->malloc++;
      }
    } else if (i % 3 == 0) {
      *slot = OrDie(realloc(*slot, size));
      counts->realloc++;
    } else {
      // Swap with whatever another thread left here, and free that.
      void* other = __atomic_exchange_n(&shared[(random >> 20) % kShared], *slot, __ATOMIC_ACQ_REL);
      *slot = NULL;
      if (other != NULL) {
        free(other);
        counts->free++;
      }
    }
  }
  for (int i = 0; i < kSlots; i++) {
    if (slots[i] == NULL) continue;
    free(slots[i]);
    counts->free++;
  }
  return NULL;
}

int main(int argc, char** argv) {
  const size_t threads = (size_t)NumberArgument(argc, argv, 1, 16);
  rounds = (unsigned long)NumberArgument(argc, argv, 2, 20000);
  SayText();
  pthread_t* ids = OrDie(malloc(threads * sizeof(*ids)));
  struct Counts* counts = OrDie(calloc(threads, sizeof(*counts)));
  struct Counts all = {.malloc = 1, .calloc = 1};
  for (size_t i = 0; i < threads; i++) {
    if (pthread_create(&ids[i], NULL, Churn, &counts[i]) != 0) return 1;
  }
  for (size_t i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    all.malloc += counts[i].malloc;
    all.calloc += counts[i].calloc;
    all.realloc += counts[i].realloc;
    all.free += counts[i].free;
  }
  for (int i = 0; i < kShared; i++) {
    if (shared[i] == NULL) continue;
    free(shared[i]);
    all.free++;
  }
  SayCalls("malloc", all.malloc);
  SayCalls("calloc", all.calloc);
  SayCalls("realloc", all.realloc);
  SayCalls("free", all.free);
  SayNumber("threads", threads);
  return 0;
}
