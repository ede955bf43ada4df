// What the writer stores once and then names by a number: text and call stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace heimdallr::trace {

/// Text by id. Ids count up from 1; 0 is the empty text. Full at kMaxStrings or kMaxStringBytes:
/// then new text gets 0. Text longer than kMaxOneStringBytes is cut.
class StringTable {
 public:
  [[nodiscard]] std::uint32_t Intern(std::string_view text);

  /// The serialized Strings message with what came since the last call; empty when there is none.
  [[nodiscard]] std::string TakeNew();
  /// There is enough for a chunk.
  [[nodiscard]] bool WantsWriting() const { return new_bytes_ >= (std::size_t{1} << 20); }

 private:
  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::size_t bytes_ = 0;
  std::size_t new_bytes_ = 0;
  std::size_t taken_ = 0;  // texts that TakeNew has given out
};

/// Call stacks by id. Ids count up from 1; 0 is "not recorded". Full at kMaxStacks or
/// kMaxStackFrames: then new stacks get 0. Frames beyond kMaxOneStackFrames are left out.
class StackTable {
 public:
  StackTable() : ids_(64, Hash{this}, Equal{this}) {}
  StackTable(const StackTable&) = delete;  // ids_ points here
  StackTable& operator=(const StackTable&) = delete;

  [[nodiscard]] std::uint32_t Intern(std::span<const std::uint64_t> frames);

  /// The serialized Stacks message with what came since the last call; empty when there is none.
  [[nodiscard]] std::string TakeNew();
  [[nodiscard]] bool WantsWriting() const;

 private:
  using Frames = std::span<const std::uint64_t>;
  struct Hash {
    using is_transparent = void;
    const StackTable* table;
    std::size_t operator()(std::uint32_t id) const { return (*this)(table->Get(id)); }
    std::size_t operator()(Frames frames) const;
  };
  struct Equal {
    using is_transparent = void;
    const StackTable* table;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(Frames a, std::uint32_t b) const;
    bool operator()(std::uint32_t a, Frames b) const { return (*this)(b, a); }
  };

  [[nodiscard]] Frames Get(std::uint32_t id) const {
    return Frames(frames_).subspan(starts_[id - 1], starts_[id] - starts_[id - 1]);
  }

  std::vector<std::uint64_t> frames_;      // of all stacks
  std::vector<std::size_t> starts_ = {0};  // of each stack in frames_, and the end
  std::unordered_set<std::uint32_t, Hash, Equal> ids_;
  std::size_t taken_ = 0;
};

}  // namespace heimdallr::trace
