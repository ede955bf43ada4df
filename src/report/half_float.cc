#include "report/half_float.h"

#include <bit>

namespace heimdallr::report {
namespace {

constexpr int kBiasDifference = 127 - 15;
constexpr std::uint32_t kInfinity = 0x7c00;

// Shifts right, rounding to nearest, ties to even.
std::uint32_t RoundedShift(std::uint32_t value, unsigned shift) {
  const std::uint32_t half = (std::uint32_t{1} << (shift - 1)) - 1;
  const std::uint32_t odd = value >> shift & 1;
  return (value + half + odd) >> shift;
}

}  // namespace

std::uint16_t HalfBits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000;
  const auto exponent = static_cast<int>(bits >> 23 & 0xff) - kBiasDifference;
  const std::uint32_t fraction = bits & 0x7fffff;
  if (exponent >= 255 - kBiasDifference) {  // infinity, NaN
    return static_cast<std::uint16_t>(sign | kInfinity | (fraction != 0 ? 0x200 : 0));
  }
  if (exponent >= 31) return static_cast<std::uint16_t>(sign | kInfinity);
  if (exponent <= -11) return static_cast<std::uint16_t>(sign);  // below half the smallest
  if (exponent <= 0) {                                           // subnormal
    const std::uint32_t full = fraction | 0x800000;
    return static_cast<std::uint16_t>(sign |
                                      RoundedShift(full, static_cast<unsigned>(14 - exponent)));
  }
  // A carry out of the fraction goes into the exponent, as it should, up to infinity.
  const std::uint32_t packed = static_cast<std::uint32_t>(exponent) << 23 | fraction;
  return static_cast<std::uint16_t>(sign | RoundedShift(packed, 13));
}

}  // namespace heimdallr::report
