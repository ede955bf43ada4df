// chain [LIMIT]: sorts, counts and interprets in functions of two libraries, one calling the other
// and libc. It is linked in several ways.
#include "chain.h"

#include "truth.h"

int main(int argc, char** argv) {
  SayText();
  uint64_t result = 0;
  unsigned long rounds = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    result ^= SortWords(500, 42 + rounds) ^ CountWords(2000, 7 + rounds) ^ RunCode(2000, rounds);
    rounds++;
  } while (!Reached(&limit));
  SayNumber("rounds", rounds);
  return result == 0;
}
