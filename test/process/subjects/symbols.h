// Functions that are inlined from a header.
#pragma once

#include <cstddef>

namespace subject {

inline long Square(long value) { return value * value; }

template <typename Function>
inline long Sum(const long* values, std::size_t count, Function function) {
  long sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += function(values[i]);
  }
  return sum;
}

struct Cubed {
  long operator()(long value) const { return Square(value) * value; }
};

extern long table[64];
extern const long weights[16];

long Weighted(const long* values, std::size_t count);
long Checked(const long* values, std::size_t count);

}  // namespace subject
