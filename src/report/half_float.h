// IEEE 754 half precision: two bytes, eleven bits of fraction.
#pragma once

#include <cstdint>

namespace heimdallr::report {

/// The nearest half to `value`, ties to even; infinity above 65,519.
[[nodiscard]] std::uint16_t HalfBits(float value);

}  // namespace heimdallr::report
