// One value of each call stack, as flame graphs want it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "export/stack_profile.h"

namespace heimdallr::exports {

enum class FlameValue : std::uint8_t {
  kBytes = 0,        ///< allocated
  kAllocations = 1,  ///< how many
  kLive = 2,         ///< bytes that were never freed
  kLoads = 3,        ///< executed, as estimated
  kStores = 4,
  kTime = 5,  ///< ns of CPU time
};
inline constexpr std::size_t kFlameValues = static_cast<std::size_t>(FlameValue::kTime) + 1;

[[nodiscard]] std::optional<FlameValue> ParseFlameValue(std::string_view name);
/// "bytes, allocations, ..."
[[nodiscard]] std::string FlameValueNames();

/// A frame: a function, or the object at the end of a stack of accesses.
struct FlameFrame {
  std::uint32_t name = 0;  ///< of Words
  std::uint32_t file = 0;  ///< 0 = not known
  std::uint32_t line = 0;  ///< 0 = not known
  bool object = false;     ///< `name` is that of what was accessed

  friend bool operator==(const FlameFrame&, const FlameFrame&) = default;
};

/// Calls `visit(frames, count)` for each stack with a count, outermost frame first. Of accesses the
/// last frame is the object. A stack may come several times.
void ForEachFlame(StackProfile& stacks, FlameValue value,
                  const std::function<void(const std::vector<FlameFrame>&, std::uint64_t)>& visit);

}  // namespace heimdallr::exports
