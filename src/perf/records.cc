#include "perf/records.h"

#include <bit>

namespace heimdallr::perf {

std::span<const std::uint64_t> UserRegisters::present() const {
  return std::span(values).first(static_cast<std::size_t>(std::popcount(mask)));
}

std::optional<std::uint64_t> UserRegisters::Get(unsigned number) const {
  if (number >= 64 || (mask >> number & 1U) == 0) return std::nullopt;
  const std::uint64_t below = mask & ((std::uint64_t{1} << number) - 1);
  return values[static_cast<std::size_t>(std::popcount(below))];
}

const Origin& OriginOf(const KernelRecord& record) {
  return std::visit([](const auto& r) -> const Origin& { return r.origin; }, record);
}

}  // namespace heimdallr::perf
