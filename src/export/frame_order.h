// The order of stacks by the names of their frames.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "export/flame_stacks.h"
#include "export/words.h"

namespace heimdallr::exports {

/// Compares frames by name, as AppendFrame writes it, without making the text. Memory: eight bytes
/// a word.
class FrameOrder {
 public:
  /// Of the words there are now.
  explicit FrameOrder(const Words& words);

  [[nodiscard]] std::uint32_t RankOf(const FlameFrame& frame) const { return ranks_[frame.name]; }
  [[nodiscard]] bool Less(std::span<const FlameFrame> a, std::span<const FlameFrame> b) const;
  [[nodiscard]] bool Equal(std::span<const FlameFrame> a, std::span<const FlameFrame> b) const;

 private:
  std::vector<std::uint32_t> ranks_;  // by word
};

}  // namespace heimdallr::exports
