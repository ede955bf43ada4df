// matrices [LIMIT [ROWS]]: products, transpositions, sums and rank-one updates of square matrices,
// a function each, repeated so that they take about the same number of accesses.
#include "truth.h"

static NOINLINE void Multiply(size_t n, const double* a, const double* b, double* c) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < n; k++) {
      for (size_t j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
    }
  }
}

static NOINLINE void Transpose(size_t n, const double* from, double* to) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) to[i * n + j] = from[j * n + i];
  }
}

static NOINLINE void AddTo(size_t n, const double* from, double* to) {
  for (size_t i = 0; i < n * n; i++) to[i] += from[i];
}

static NOINLINE void Update(size_t n, const double* column, const double* row, double* to) {
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) to[i * n + j] -= column[i] * row[j];
  }
}

int main(int argc, char** argv) {
  const size_t n = (size_t)NumberArgument(argc, argv, 2, 48);
  const size_t size = n * n * sizeof(double);
  double* a = OrDie(malloc(size + kApart));
  double* b = OrDie(malloc(size + kApart));
  double* c = OrDie(malloc(size + kApart));
  SayText();
  SayObject("a", a, size);
  SayObject("b", b, size);
  SayObject("c", c, size);
  SayCalls("malloc", 3);
  for (size_t i = 0; i < n * n; i++) {
    a[i] = 1e-3;
    b[i] = c[i] = 0;
  }
  unsigned long rounds = 0;
  struct Limit limit = LimitArgument(argc, argv);
  do {
    Multiply(n, a, b, c);
    for (size_t i = 0; i < n; i++) {
      Transpose(n, a, b);
      AddTo(n, b, c);
      Update(n, a, b, c);
    }
    Escape(c);
    rounds++;
  } while (!Reached(&limit));
  SayNumber("rounds", rounds);
  return c[0] != 0 ? 0 : 1;
}
