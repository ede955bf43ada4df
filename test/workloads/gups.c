// gups [LIMIT [MIB]]: random updates of a table that comes from mmap.
#include <sys/mman.h>

#include "truth.h"

int main(int argc, char** argv) {
  // A power of two.
  const size_t size = (size_t)(NumberArgument(argc, argv, 2, 64) * (1 << 20));
  const size_t mask = size / sizeof(uint64_t) - 1;
  uint64_t* table = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (table == MAP_FAILED) return 1;
  SayText();
  SayObject("table", table, size);
  SayCalls("mmap", 1);
  for (size_t i = 0; i <= mask; i++) table[i] = i;
  unsigned long updates = 0;
  uint64_t random = 88172645463325252ULL;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    for (int i = 0; i < 100000; i++) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      table[random & mask] ^= random;
    }
    updates += 100000;
  } while (!Reached(&limit));
  SayNumber("updates", updates);
  return 0;
}
