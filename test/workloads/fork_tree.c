// fork_tree [PROCESSES [PAIRS]]: a binary tree of processes made by fork; each allocates before,
// between and after making its children, and frees what its parent allocated.
#include <sys/wait.h>

#include "truth.h"

static unsigned long pairs;

static void Allocate(void) {
  for (unsigned long i = 0; i < pairs; i++) {
    void* block = OrDie(malloc(16 + i % 500));
    Escape(block);
    free(block);
  }
}

// Runs process number `number` of `last`, its children being 2n and 2n + 1.
static void Run(unsigned long number, unsigned long last, void* inherited) {
  unsigned long frees = 0;
  unsigned long mallocs = 0;
  if (inherited != NULL) {
    free(inherited);
    frees++;
  }
  for (unsigned long child = 2 * number; child <= 2 * number + 1; child++) {
    Allocate();
    mallocs += pairs;
    frees += pairs;
    if (child > last) continue;
    void* handed_down = OrDie(malloc(4321));
    mallocs++;
    const pid_t pid = fork();
    if (pid < 0) abort();
    if (pid == 0) {
      Run(child, last, handed_down);
      exit(0);
    }
    free(handed_down);
    frees++;
  }
  Allocate();
  while (wait(NULL) > 0) {
  }
  SayCalls("malloc", mallocs + pairs);
  SayCalls("free", frees + pairs);
}

int main(int argc, char** argv) {
  const unsigned long processes = (unsigned long)NumberArgument(argc, argv, 1, 30);
  pairs = (unsigned long)NumberArgument(argc, argv, 2, 100);
  SayText();
  SayNumber("processes", processes);
  Run(1, processes, NULL);
  return 0;
}
