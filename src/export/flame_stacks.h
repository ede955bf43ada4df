// One value of each call stack, as flame graphs want it.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// A stack with what it counts.
struct Flame {
  enum class Kind : std::uint8_t { kAllocation, kAccess };

  Kind kind = Kind::kAllocation;
  std::uint32_t index = 0;  ///< into StackProfile::allocations or accesses
  std::uint64_t count = 0;  ///< never 0
};

/// The stacks of a profile that have one value. Memory is that of a Flame for each; frames are made
/// when they are asked for. Not thread-safe.
class FlameStacks {
 public:
  /// `stacks` outlives it.
  FlameStacks(StackProfile& stacks, FlameValue value);

  /// Equal stacks may be there several times.
  [[nodiscard]] const std::vector<Flame>& all() const { return all_; }
  /// Outermost frame first. Of accesses the last frame is the object. Valid until the next call.
  [[nodiscard]] const std::vector<FlameFrame>& FramesOf(const Flame& flame);

 private:
  StackProfile& stacks_;
  std::vector<Flame> all_;
  std::vector<FlameFrame> frames_;
};

}  // namespace heimdallr::exports
