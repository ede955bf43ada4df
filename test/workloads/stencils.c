// stencils [LIMIT [EDGE]]: four stencils, a function each, between two cubes of EDGE^3.
// Loads bound all of them, so an instruction takes about the same time in each.
#include "truth.h"

static NOINLINE void Line5(size_t n, const double* from, double* to) {
  for (size_t i = 2; i + 2 < n * n * n; i++) {
    to[i] = (from[i - 2] + from[i - 1] + from[i] + from[i + 1] + from[i + 2]) * (1.0 / 5);
  }
}

static NOINLINE void Plane5(size_t n, const double* from, double* to) {
  for (size_t z = 0; z < n; z++) {
    for (size_t y = 1; y + 1 < n; y++) {
      const double* at = from + (z * n + y) * n;
      double* into = to + (z * n + y) * n;
      for (size_t x = 1; x + 1 < n; x++) {
        into[x] = (at[x] + at[x - 1] + at[x + 1] + at[x - n] + at[x + n]) * (1.0 / 5);
      }
    }
  }
}

static NOINLINE void Cube7(size_t n, const double* from, double* to) {
  for (size_t z = 1; z + 1 < n; z++) {
    for (size_t y = 1; y + 1 < n; y++) {
      const double* at = from + (z * n + y) * n;
      double* into = to + (z * n + y) * n;
      for (size_t x = 1; x + 1 < n; x++) {
        into[x] = (at[x] + at[x - 1] + at[x + 1] + at[x - n] + at[x + n] + at[x - n * n] +
                   at[x + n * n]) *
                  (1.0 / 7);
      }
    }
  }
}

static NOINLINE void Plane9(size_t n, const double* from, double* to) {
  for (size_t z = 0; z < n; z++) {
    for (size_t y = 1; y + 1 < n; y++) {
      const double* at = from + (z * n + y) * n;
      double* into = to + (z * n + y) * n;
      for (size_t x = 1; x + 1 < n; x++) {
        into[x] = (at[x] + at[x - 1] + at[x + 1] + at[x - n - 1] + at[x - n] + at[x - n + 1] +
                   at[x + n - 1] + at[x + n] + at[x + n + 1]) *
                  (1.0 / 9);
      }
    }
  }
}

int main(int argc, char** argv) {
  const size_t n = (size_t)NumberArgument(argc, argv, 2, 24);
  const size_t size = n * n * n * sizeof(double);
  double* even = OrDie(malloc(size + kApart));
  double* odd = OrDie(malloc(size + kApart));
  SayText();
  SayObject("even", even, size);
  SayObject("odd", odd, size);
  SayCalls("malloc", 2);
  for (size_t i = 0; i < n * n * n; i++) even[i] = odd[i] = (double)(i % n);
  unsigned long rounds = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    Line5(n, even, odd);
    Plane5(n, odd, even);
    Cube7(n, even, odd);
    Plane9(n, odd, even);
    Escape(even);
    rounds++;
  } while (!Reached(&limit));
  SayNumber("rounds", rounds);
  return even[n] >= 0 ? 0 : 1;
}
