// descriptors [PAIRS]: says which descriptor numbers are open and which a new file gets, closes
// all, goes on allocating, and then executes itself once more with none open.
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "truth.h"

static unsigned long Allocate(unsigned long pairs) {
  for (unsigned long i = 0; i < pairs; i++) {
    void* block = OrDie(malloc(16 + i % 500));
    Escape(block);
    free(block);
  }
  return pairs;
}

static void SayOpen(void) {
  for (int fd = 0; fd < 1024; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) SayNumber("open", (unsigned long)fd);
  }
  SayNumber("next", (unsigned long)open("/dev/null", O_RDONLY));
}

int main(int argc, char** argv) {
  const unsigned long pairs = (unsigned long)NumberArgument(argc, argv, 1, 1000);
  if (argc > 2) {  // the second image: nobody hears it
    Allocate(pairs);
    return 5;
  }
  SayText();
  SayOpen();
  SayCalls("malloc", 3 * pairs);
  SayCalls("free", 3 * pairs);
  Allocate(pairs);
  for (int fd = 0; fd < 1024; fd++) close(fd);
  Allocate(pairs);
  char same[32];
  snprintf(same, sizeof(same), "%lu", pairs);
  execl("/proc/self/exe", argv[0], same, "again", (char*)NULL);
  return 1;
}
