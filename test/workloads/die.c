// die HOW [PAIRS]: makes PAIRS allocations and frees, then ends by HOW: kill, segv, abort, _exit,
// exit, return or quick_exit. Statuses, where there is one, are 3.
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "truth.h"

static void Die(const char* how) {
  if (strcmp(how, "kill") == 0) kill(getpid(), SIGKILL);
  if (strcmp(how, "segv") == 0) {
    volatile int* nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *nowhere = 1;
  }
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "_exit") == 0) _exit(3);
  if (strcmp(how, "exit") == 0) exit(3);
  if (strcmp(how, "quick_exit") == 0) quick_exit(3);
}

int main(int argc, char** argv) {
  const unsigned long pairs = (unsigned long)NumberArgument(argc, argv, 2, 12345);
  SayText();
  SayCalls("malloc", pairs);
  SayCalls("free", pairs);
  if (argc > 1 && strcmp(argv[1], "segv") == 0) SayCalls("mmap", 1);
  for (unsigned long i = 0; i < pairs; i++) {
    void* block = OrDie(malloc(16 + i % 2000));
    Escape(block);
    free(block);
  }
  if (argc > 1) Die(argv[1]);
  return 3;
}
