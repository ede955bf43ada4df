// stencil [LIMIT [EDGE]]: 7-point Jacobi sweeps over two cubes of EDGE^3, one from malloc, one
// from mmap.
#include <sys/mman.h>

#include "truth.h"

static void Sweep(size_t n, const double* from, double* to) {
  for (size_t z = 1; z + 1 < n; z++) {
    for (size_t y = 1; y + 1 < n; y++) {
      for (size_t x = 1; x + 1 < n; x++) {
        const size_t i = (z * n + y) * n + x;
        to[i] = (from[i] + from[i - 1] + from[i + 1] + from[i - n] + from[i + n] + from[i - n * n] +
                 from[i + n * n]) /
                7.0;
      }
    }
  }
}

int main(int argc, char** argv) {
  const size_t n = (size_t)NumberArgument(argc, argv, 2, 128);
  const size_t size = n * n * n * sizeof(double);
  double* even = OrDie(malloc(size));
  double* odd = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (odd == MAP_FAILED) return 1;
  SayText();
  SayObject("even", even, size);
  SayObject("odd", odd, size);
  SayCalls("malloc", 1);
  SayCalls("mmap", 1);
  for (size_t i = 0; i < n * n * n; i++) even[i] = odd[i] = (double)(i % n);
  unsigned long sweeps = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    Sweep(n, even, odd);
    Escape(odd);
    Sweep(n, odd, even);
    Escape(even);
    sweeps += 2;
  } while (!Reached(&limit));
  SayLoopTime(&limit);
  SayNumber("sweeps", sweeps);
  return 0;
}
