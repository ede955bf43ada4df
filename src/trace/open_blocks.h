// The blocks being filled, one for each thread (and stream).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "trace/block_builders.h"

namespace heimdallr::trace {

/// Finds the block of a thread, and keeps builders for use again: each has some 200 KiB of columns.
template <typename Builder>
class OpenBlocks {
 public:
  /// So many threads may have an open block at a time; the caller then closes them all.
  static constexpr std::size_t kMaxOpen = 256;

  /// The open block of `owner`, or nullptr when it has none.
  [[nodiscard]] Builder* Find(const BlockOwner& owner) {
    if (last_ != nullptr && last_owner_ == owner) return last_;
    const auto found = open_.find(owner);
    if (found == open_.end()) return nullptr;
    last_owner_ = owner;
    return last_ = found->second.get();
  }

  [[nodiscard]] bool IsFull() const { return open_.size() == kMaxOpen; }

  /// Opens a block for `owner`, which has none.
  Builder* Open(const BlockOwner& owner) {
    std::unique_ptr<Builder> builder;
    if (spare_.empty()) {
      builder = std::make_unique<Builder>();
    } else {
      builder = std::move(spare_.back());
      spare_.pop_back();
    }
    last_owner_ = owner;
    last_ = builder.get();
    open_.emplace(owner, std::move(builder));
    return last_;
  }

  /// Calls `close(owner, builder)` for each open block, which is then closed and empty.
  template <typename Close>
  void CloseAll(Close close) {
    for (auto& [owner, builder] : open_) {
      close(owner, *builder);
      builder->Clear();
      spare_.push_back(std::move(builder));
    }
    open_.clear();
    last_ = nullptr;
  }

 private:
  struct OwnerHash {
    std::size_t operator()(const BlockOwner& owner) const {
      const std::uint64_t ids = (std::uint64_t{static_cast<std::uint32_t>(owner.pid)} << 32) |
                                static_cast<std::uint32_t>(owner.tid);
      return (ids ^ (std::uint64_t{owner.stream} << 56)) * 0x9e3779b97f4a7c15;
    }
  };

  std::unordered_map<BlockOwner, std::unique_ptr<Builder>, OwnerHash> open_;
  std::vector<std::unique_ptr<Builder>> spare_;
  BlockOwner last_owner_;
  Builder* last_ = nullptr;
};

}  // namespace heimdallr::trace
