// load_store [LIMIT]: a loop with one load from one array and one store to another in each round.
#include "truth.h"

enum { kWords = 1 << 16 };

int main(int argc, char** argv) {
  volatile uint64_t* from = OrDie(calloc(kWords, sizeof(uint64_t)));
  volatile uint64_t* to = OrDie(calloc(kWords, sizeof(uint64_t)));
  SayText();
  SayObject("from", (const void*)from, kWords * sizeof(uint64_t));
  SayObject("to", (const void*)to, kWords * sizeof(uint64_t));
  SayCalls("calloc", 2);
  unsigned long rounds = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    for (size_t i = 0; i < kWords; i++) to[i] = from[i];
    rounds += kWords;
  } while (!Reached(&limit));
  SayNumber("loads", rounds);
  SayNumber("stores", rounds);
  return 0;
}
