// churn [LIMIT [LOG [THREADS]]]: threads that allocate, fill, read, resize, hand over and free
// blocks all the time, so that addresses are used again at once, also by other threads.
//
// Each block comes from one of kSites functions. LOG takes, of every kOfEach-th block, whose it was
// and when: as many struct Ownership as `number owned` says. Logging neither allocates nor calls
// anything: the file is mapped beforehand.
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "truth.h"

enum { kSites = 12, kSlots = 48, kShared = 64, kMaxThreads = 64, kOfEach = 2 };
enum { kLogEntries = 1 << 21, kReadings = 6 };

// One block from when the program had it until it gave it up, in ns of CLOCK_MONOTONIC. Accesses in
// between are accesses to the block of this site.
struct Ownership {
  uint64_t first_ns;
  uint64_t end_ns;
  uint64_t address;
  uint64_t size;
  uint64_t site;
};

struct Block {
  uint64_t* words;
  size_t count;
  uint64_t first_ns;
  unsigned site;
};

struct Thread {
  uint64_t random;
  unsigned long blocks;
  uint64_t sum;
  struct Block* slots[kSlots];
  struct Block memory[kSlots];
};

static struct Limit limit;
static struct Ownership* entries;  // NULL = no log
static size_t used_entries;
static struct Block* shared[kShared];
static struct Block shared_memory[kShared];

static uint64_t Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static uint64_t Next(uint64_t* random) {
  *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
  return *random >> 33;
}

// Functions of one site each, by their number; unlike each other, or the compiler would make them
// one.
#define SITE(number, call)                          \
  static NOINLINE void* Site##number(size_t size) { \
    const size_t padded = size + (number)*8;        \
    void* words = OrDie(call);                      \
    Escape(words);                                  \
    return words;                                   \
  }
SITE(0, malloc(padded))
SITE(1, malloc(padded))
SITE(2, malloc(padded))
SITE(3, calloc(1, padded))
SITE(4, calloc(padded / 8, 8))
SITE(5, malloc(padded))
SITE(6, aligned_alloc(64, (padded + 63) / 64 * 64))
SITE(7, malloc(padded))
SITE(8, realloc(NULL, padded))
SITE(9, malloc(padded))
static void* (*const kSiteOf[])(size_t) = {Site0, Site1, Site2, Site3, Site4,
                                           Site5, Site6, Site7, Site8, Site9};
enum { kFirstSites = sizeof(kSiteOf) / sizeof(kSiteOf[0]) };

static NOINLINE void* Site10(void* old, size_t size) {
  void* words = OrDie(realloc(old, size));
  Escape(words);
  return words;
}

static NOINLINE void* Site11(void* old, size_t size) {
  void* words = OrDie(reallocarray(old, size / 8, 8));
  Escape(words);
  return words;
}

static void LogEnd(const struct Block* block) {
  const uint64_t now = Now();
  if (entries == NULL || (uintptr_t)block->words / 16 % kOfEach != 0) return;
  const size_t at = __atomic_fetch_add(&used_entries, 1, __ATOMIC_RELAXED);
  if (at >= kLogEntries) return;
  entries[at] = (struct Ownership){block->first_ns, now, (uintptr_t)block->words,
                                   block->count * sizeof(uint64_t), block->site};
}

static NOINLINE void Fill(struct Block* block, uint64_t value) {
  for (size_t i = 0; i < block->count; i++) block->words[i] = value + i;
}

static NOINLINE uint64_t Sum(const struct Block* block) {
  uint64_t sum = 0;
  for (size_t i = 0; i < block->count; i++) sum += block->words[i];
  return sum;
}

static void Make(struct Thread* thread, struct Block* block) {
  block->site = (unsigned)(Next(&thread->random) % kFirstSites);
  const size_t scale = Next(&thread->random) % 8;
  block->count = 4 + Next(&thread->random) % (16U << scale);
  block->words = kSiteOf[block->site](block->count * sizeof(uint64_t));
  block->first_ns = Now();
  thread->blocks++;
}

static void Resize(struct Thread* thread, struct Block* block) {
  LogEnd(block);
  block->count = 4 + Next(&thread->random) % (block->count * 2);
  const size_t size = block->count * sizeof(uint64_t);
  block->site = thread->blocks % 2 == 0 ? 10 : 11;
  block->words = block->site == 10 ? Site10(block->words, size) : Site11(block->words, size);
  block->first_ns = Now();
  thread->blocks++;
}

static void Free(struct Block* block) {
  LogEnd(block);
  free(block->words);
  block->words = NULL;
}

static void Step(struct Thread* thread) {
  struct Block** slot = &thread->slots[Next(&thread->random) % kSlots];
  struct Block* block = *slot;
  if (block->words == NULL) Make(thread, block);
  Fill(block, thread->blocks);
  for (int i = 0; i < kReadings; i++) thread->sum += Sum(block);
  switch (Next(&thread->random) % 6) {
    case 0:
      Resize(thread, block);
      break;
    case 1:
      break;
    case 2:
      *slot =
          __atomic_exchange_n(&shared[Next(&thread->random) % kShared], block, __ATOMIC_ACQ_REL);
      break;
    default:
      Free(block);
      break;
  }
}

static void* Churn(void* argument) {
  struct Thread* thread = argument;
  struct Limit mine = limit;
  do {
    for (int i = 0; i < 200; i++) Step(thread);
  } while (!Reached(&mine));
  return NULL;
}

static void OpenLog(const char* path) {
  const size_t size = kLogEntries * sizeof(struct Ownership);
  const int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0 || ftruncate(file, (off_t)size) != 0) abort();
  entries = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (entries == MAP_FAILED) abort();
}

int main(int argc, char** argv) {
  static struct Thread threads[kMaxThreads];
  pthread_t ids[kMaxThreads];
  const size_t count = (size_t)NumberArgument(argc, argv, 3, 4);
  if (count > kMaxThreads) return 1;
  if (argc > 2) OpenLog(argv[2]);
  SayText();
  for (size_t i = 0; i < kShared; i++) shared[i] = &shared_memory[i];
  limit = LimitArgument(argc, argv);
  for (size_t i = 0; i < count; i++) {
    threads[i].random = i + 1;
    for (size_t j = 0; j < kSlots; j++) threads[i].slots[j] = &threads[i].memory[j];
    if (pthread_create(&ids[i], NULL, Churn, &threads[i]) != 0) return 1;
  }
  unsigned long blocks = 0;
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    pthread_join(ids[i], NULL);
    blocks += threads[i].blocks;
    sum += threads[i].sum;
  }
  SayNumber("blocks", blocks);
  SayNumber("sites", kSites);
  SayNumber("owned", used_entries < kLogEntries ? used_entries : kLogEntries);
  return sum == 0;
}
