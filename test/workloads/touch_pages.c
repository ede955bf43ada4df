// Touches a known part of a block, on a thread that is pinned to one processor, and says what the
// kernel says of the block's pages. Goes on a step with each line of standard input, so that
// whoever records it can look at its pages in between:
//
//   touch_pages PAGES
//
// Of PAGES pages the first half is touched, and of the second every other. Small blocks mark the
// steps among the allocations: kTouched after the touching, kFreed after the block was given back.
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>

#include "truth.h"

enum { kPage = 4096, kTouched = 10001, kFreed = 10002 };

static size_t pages;
static char* block;

static int LastCpu(void) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) abort();
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &allowed)) --last;
  return last;
}

NOINLINE static void* Touch(void* unused) {
  (void)unused;
  const int cpu = LastCpu();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0) abort();
  SayNumber("cpu", (unsigned long)cpu);
  SayNumber("tid", (unsigned long)gettid());
  for (size_t i = 0; i < pages; i += i < pages / 2 ? 1 : 2) block[i * kPage] = 1;
  return NULL;
}

// The kernel's line for the mapping that begins at `first`: "7f.. default anon=96 dirty=96 N0=96".
static void SayNumaMap(const char* first) {
  FILE* maps = fopen("/proc/self/numa_maps", "r");
  if (maps == NULL) return;
  char line[4096];
  while (fgets(line, sizeof(line), maps) != NULL) {
    if (strtoull(line, NULL, 16) != (uintptr_t)first) continue;
    for (char* word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
      unsigned node = 0;
      unsigned long count = 0;
      if (sscanf(word, "anon=%lu", &count) == 1) SayNumber("anon", count);
      if (sscanf(word, "N%u=%lu", &node, &count) != 2) continue;
      char name[32];
      snprintf(name, sizeof(name), "node%u", node);
      SayNumber(name, count);
    }
  }
  fclose(maps);
}

// Made by one function, so that it has one site.
NOINLINE static char* MakeBlock(size_t size) { return OrDie(aligned_alloc(kPage, size)); }

static void Mark(size_t size) {
  void* const mark = OrDie(malloc(size));
  Escape(mark);
  free(mark);
}

// Blocks outside the steps would need pages, too.
static void WaitForLine(void) {
  char byte = 0;
  while (read(0, &byte, 1) == 1 && byte != '\n') {
  }
}

int main(int argc, char** argv) {
  pages = (size_t)NumberArgument(argc, argv, 1, 512);
  block = MakeBlock(pages * kPage);
  // Pages of 4 KiB, and a mapping of its own: the kernel joins only what has the same flags.
  if (madvise(block, pages * kPage, MADV_NOHUGEPAGE) != 0) abort();
  SayObject("block", block, pages * kPage);

  pthread_t thread;
  if (pthread_create(&thread, NULL, Touch, NULL) != 0) abort();
  pthread_join(thread, NULL);
  SayNumaMap(block);
  Mark(kTouched);
  SayNumber("step", 1);
  WaitForLine();

  free(block);
  Mark(kFreed);
  SayNumber("step", 2);
  WaitForLine();
  return 0;
}
