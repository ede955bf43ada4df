// Call stacks as a reader of a trace collects them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace heimdallr::trace {

class StackStore {
 public:
  /// Frames of stack `id`, innermost first; empty for 0 and for one not added. Valid until the next
  /// Add.
  [[nodiscard]] std::span<const std::uint64_t> Get(std::uint32_t id) const {
    if (id == 0 || id >= starts_.size()) return {};
    return std::span(frames_).subspan(starts_[id - 1], starts_[id] - starts_[id - 1]);
  }
  void AddFrame(std::uint64_t address) { frames_.push_back(address); }
  /// Ends the stack of the frames added since the last one.
  void EndStack() { starts_.push_back(frames_.size()); }

  [[nodiscard]] std::size_t size() const { return starts_.size() - 1; }
  [[nodiscard]] std::size_t frames() const { return frames_.size(); }

 private:
  std::vector<std::uint64_t> frames_;
  std::vector<std::size_t> starts_ = {0};
};

}  // namespace heimdallr::trace
