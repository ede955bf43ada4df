// Functions for which gcc writes no mangled name. symbolizer_test.cc knows where each is by the
// words "in:" behind a statement, and by nothing else.
#include <cstdio>
#include <cstdlib>

volatile int sink;

namespace outer {
namespace {

struct Private {
  [[gnu::noinline]] int Method(int value) {
    sink = value;  // in: outer::(anonymous namespace)::Private::Method
    return sink;
  }
};

inline int Inlined(int value) {
  sink = value + 1;  // in: outer::(anonymous namespace)::Inlined
  return sink;
}

// Inlined into a method of a class that is within a function.
inline int InLambda(int value) {
  sink = value * 2;  // in: outer::(anonymous namespace)::InLambda
  return sink;
}

}  // namespace

class Public {
 public:
  int Run(int value);
};

int Public::Run(int value) {
  // Not copied, for else gcc describes its code apart from its class.
  const auto lambda = [value](int more) __attribute__((noinline, noclone)) {
    sink = value * more;  // in: outer::Public::Run::{lambda}::operator()
    return InLambda(sink);
  };
  Private object;
  return lambda(3) + object.Method(value) + Inlined(value);
}

}  // namespace outer

static int helper(int value) {
  sink = value;  // in: helper
  return std::atoi("3") + sink;
}

int main(int argc, char** argv) {
  (void)argv;
  outer::Public object;
  std::printf("%d\n", object.Run(argc) + helper(argc));
  return 0;
}
