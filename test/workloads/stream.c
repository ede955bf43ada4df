// stream [LIMIT [KIB]]: STREAM's four kernels, a function each, over three arrays of KIB each.
#include "truth.h"

// sqrt(2) - 1: each round gives back what it began with, so that nothing grows or fades away.
static const double kScalar = 0.41421356237309503;

static NOINLINE void Copy(size_t count, const double* from, double* to) {
  for (size_t i = 0; i < count; i++) to[i] = from[i];
}

static NOINLINE void Scale(size_t count, const double* from, double* to) {
  for (size_t i = 0; i < count; i++) to[i] = kScalar * from[i];
}

static NOINLINE void Add(size_t count, const double* one, const double* other, double* to) {
  for (size_t i = 0; i < count; i++) to[i] = one[i] + other[i];
}

static NOINLINE void Triad(size_t count, const double* one, const double* other, double* to) {
  for (size_t i = 0; i < count; i++) to[i] = one[i] + kScalar * other[i];
}

int main(int argc, char** argv) {
  const size_t size = (size_t)NumberArgument(argc, argv, 2, 64) << 10;
  const size_t count = size / sizeof(double);
  double* a = OrDie(malloc(size + kApart));
  double* b = OrDie(malloc(size + kApart));
  double* c = OrDie(malloc(size + kApart));
  SayText();
  SayObject("a", a, size);
  SayObject("b", b, size);
  SayObject("c", c, size);
  SayCalls("malloc", 3);
  for (size_t i = 0; i < count; i++) a[i] = b[i] = c[i] = 1;
  unsigned long rounds = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    Copy(count, a, c);
    Scale(count, c, b);
    Add(count, a, b, c);
    Triad(count, b, c, a);
    Escape(a);
    rounds++;
  } while (!Reached(&limit));
  SayNumber("rounds", rounds);
  return a[count - 1] > 0 ? 0 : 1;
}
