// matrix [LIMIT [ROWS]]: blocked product of two square matrices, repeated.
#include "truth.h"

enum { kBlock = 32 };

static void Multiply(size_t n, const double* a, const double* b, double* c) {
  for (size_t ib = 0; ib < n; ib += kBlock) {
    for (size_t kb = 0; kb < n; kb += kBlock) {
      for (size_t jb = 0; jb < n; jb += kBlock) {
        for (size_t i = ib; i < ib + kBlock; i++) {
          for (size_t k = kb; k < kb + kBlock; k++) {
            for (size_t j = jb; j < jb + kBlock; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
          }
        }
      }
    }
  }
}

int main(int argc, char** argv) {
  const size_t n = (size_t)NumberArgument(argc, argv, 2, 256) / kBlock * kBlock;
  const size_t size = n * n * sizeof(double);
  double* a = OrDie(malloc(size));
  double* b = OrDie(malloc(size));
  double* c = OrDie(calloc(n * n, sizeof(double)));
  SayText();
  SayObject("a", a, size);
  SayObject("b", b, size);
  SayObject("c", c, size);
  SayCalls("malloc", 2);
  SayCalls("calloc", 1);
  for (size_t i = 0; i < n * n; i++) {
    a[i] = 1;
    b[i] = 2;
  }
  unsigned long products = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    Multiply(n, a, b, c);
    Escape(c);
    products++;
  } while (!Reached(&limit));
  SayNumber("products", products);
  return c[0] == 2.0 * (double)n * (double)products ? 0 : 1;
}
