// exec_chain [IMAGES [PAIRS]]: a process that replaces itself by a new image again and again, with
// blocks still allocated each time.
#include "truth.h"

int main(int argc, char** argv) {
  const unsigned long images = (unsigned long)NumberArgument(argc, argv, 1, 10);
  const unsigned long pairs = (unsigned long)NumberArgument(argc, argv, 2, 1000);
  SayText();
  for (unsigned long i = 0; i < pairs; i++) {
    void* block = OrDie(malloc(16 + i % 500));
    Escape(block);
    if (i != 0) free(block);
  }
  SayCalls("malloc", pairs);
  SayCalls("free", pairs - 1);
  if (images <= 1) return 0;
  char left[32];
  char same[32];
  snprintf(left, sizeof(left), "%lu", images - 1);
  snprintf(same, sizeof(same), "%lu", pairs);
  execl("/proc/self/exe", argv[0], left, same, (char*)NULL);
  return 1;
}
