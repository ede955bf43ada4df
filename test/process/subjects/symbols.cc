// A program whose symbols, source lines and inlined functions the tests of the symbolizer compare
// with what binutils say of it. All its functions are exported: for others gcc leaves out the
// mangled name, and addr2line guesses.
#include "symbols.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace subject {

long table[64] = {3, 1, 4, 1, 5, 9, 2, 6};
extern const long weights[16] = {2, 7, 1, 8, 2, 8};
long zeroes[1000];
thread_local long of_thread[8] = {1};
extern const char text[] = "subject";
extern "C" {
long plain_name = 5;
extern long second_name __attribute__((alias("plain_name")));
}

inline long Polynomial(long value) {
  const long square = Square(value);
  return square * square + 3 * square + value;
}

[[gnu::noinline]] long Weighted(const long* values, std::size_t count) {
  long sum = Sum(values, count, Cubed());
  for (std::size_t i = 0; i < count; ++i) {
    sum += Polynomial(values[i]) * weights[i % 16];
  }
  return sum;
}

// The way out is moved to a cold part of its own.
[[gnu::noinline]] long Checked(const long* values, std::size_t count) {
  if (count > 64) {
    std::fprintf(stderr, "%s: %zu are too many\n", text, count);
    std::abort();
  }
  return Polynomial(static_cast<long>(count)) + Sum(values, count, Cubed());
}

class Counter {
 public:
  explicit Counter(long start);
  virtual ~Counter();
  [[gnu::noinline]] virtual long Next();

 private:
  long value_;
};

Counter::Counter(long start) : value_(start) {}
Counter::~Counter() { std::puts("done"); }
long Counter::Next() {
  static long calls = 0;
  ++calls;
  return value_ += Polynomial(calls) + of_thread[calls % 8];
}

template <typename Text>
[[gnu::noinline]] std::string Join(const Text& a, const Text& b) {
  return a + ", " + b;
}
template std::string Join<std::string>(const std::string& a, const std::string& b);

}  // namespace subject

int main(int argc, char** argv) {
  subject::table[argc % 64] = argc;
  subject::Counter counter(argc);
  const long count = subject::Weighted(subject::table, 64) + counter.Next();
  subject::zeroes[argc % 1000] = subject::Checked(subject::table, static_cast<std::size_t>(argc));
  const std::string joined = subject::Join<std::string>(argv[0], subject::text);
  std::printf("%s %ld %ld %ld\n", joined.c_str(), count, subject::zeroes[1], subject::plain_name);
  return 0;
}
