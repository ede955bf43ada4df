#include "export/flame_stacks.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "analysis/object_statistics.h"

namespace heimdallr::exports {
namespace {

constexpr std::string_view kNames[kFlameValues] = {"bytes", "allocations", "live",
                                                   "loads", "stores",      "time"};

std::uint64_t ValueOf(const AllocationStack& stack, FlameValue value) {
  switch (value) {
    case FlameValue::kBytes:
      return stack.bytes;
    case FlameValue::kAllocations:
      return stack.allocations;
    case FlameValue::kLive:
      return stack.live_bytes;
    default:
      return 0;
  }
}

std::uint64_t ValueOf(const AccessStack& stack, FlameValue value) {
  const auto rounded = [](double number) {
    constexpr double kMost = 9e18;  // of damaged traces; 64 bits hold no more
    return static_cast<std::uint64_t>(std::clamp(std::round(number), 0.0, kMost));
  };
  switch (value) {
    case FlameValue::kLoads:
      return rounded(stack.loads);
    case FlameValue::kStores:
      return rounded(stack.stores);
    case FlameValue::kTime:
      return rounded(stack.time_ns);
    default:
      return 0;
  }
}

void AddPlace(const NamedPlace& place, std::vector<FlameFrame>& frames) {
  for (auto line = place.lines.rbegin(); line != place.lines.rend(); ++line) {
    frames.push_back({.name = line->function, .file = line->file, .line = line->line});
  }
}

std::uint32_t ObjectName(NamedRecording& recording, const AccessStack& stack) {
  Words& words = recording.words();
  if (stack.group == AccessStack::kSeveral) return words.IdOf("[several objects]");
  if (stack.reason != analysis::Unmatched::kNone) {
    return words.IdOf("[none: " + std::string(analysis::Name(stack.reason)) + "]");
  }
  const NamedGroup& group = recording.group(stack.group);
  return words.IdOf("[" + words.text(group.type) + ": " + words.text(group.name) + "]");
}

}  // namespace

std::optional<FlameValue> ParseFlameValue(std::string_view name) {
  const auto* found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<FlameValue>(found - std::begin(kNames));
}

std::string FlameValueNames() {
  std::string names;
  for (const std::string_view name : kNames) {
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

FlameStacks::FlameStacks(StackProfile& stacks, FlameValue value) : stacks_(stacks) {
  const auto add = [&](Flame::Kind kind, const auto& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::uint64_t count = ValueOf(all[i], value);
      if (count == 0) continue;
      all_.push_back({.kind = kind, .index = static_cast<std::uint32_t>(i), .count = count});
    }
  };
  add(Flame::Kind::kAllocation, stacks_.allocations());
  add(Flame::Kind::kAccess, stacks_.accesses());
}

const std::vector<FlameFrame>& FlameStacks::FramesOf(const Flame& flame) {
  NamedRecording& recording = stacks_.recording();
  frames_.clear();
  if (flame.kind == Flame::Kind::kAllocation) {
    const auto chain = stacks_.chain(stacks_.allocations()[flame.index].chain);
    for (auto place = chain.rbegin(); place != chain.rend(); ++place) {
      AddPlace(recording.places()[*place], frames_);
    }
  } else {
    const AccessStack& stack = stacks_.accesses()[flame.index];
    AddPlace(recording.instruction(stack.instruction), frames_);
    frames_.push_back({.name = ObjectName(recording, stack), .object = true});
  }
  return frames_;
}

}  // namespace heimdallr::exports
