// triad [LIMIT [MIB]]: a[i] = b[i] + s * c[i] over three arrays, each of MIB.
#include "truth.h"

int main(int argc, char** argv) {
  const size_t size = (size_t)(NumberArgument(argc, argv, 2, 16) * (1 << 20));
  const size_t count = size / sizeof(double);
  double* a = OrDie(malloc(size));
  double* b = OrDie(malloc(size));
  double* c = OrDie(malloc(size));
  SayText();
  SayObject("a", a, size);
  SayObject("b", b, size);
  SayObject("c", c, size);
  SayCalls("malloc", 3);
  for (size_t i = 0; i < count; i++) {
    a[i] = 0;
    b[i] = (double)i;
    c[i] = 2;
  }
  unsigned long sweeps = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    for (size_t i = 0; i < count; i++) a[i] = b[i] + 3.0 * c[i];
    Escape(a);
    sweeps++;
  } while (!Reached(&limit));
  SayLoopTime(&limit);
  SayNumber("sweeps", sweeps);
  return a[count - 1] == (double)(count - 1) + 6.0 ? 0 : 1;
}
