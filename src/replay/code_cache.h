// Decoded instructions of the programs being sampled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "replay/instruction.h"
#include "replay/instruction_decoder.h"

namespace heimdallr::replay {

/// Names an address space; what the numbers mean is the caller's, such as one for each exec.
using SpaceId = std::uint64_t;

/// Reads code: fills the start of `into` with the bytes from `address` on and returns how many. May
/// return 0 for a read that would only in part succeed.
using CodeReader =
    std::function<std::size_t(SpaceId space, std::uint64_t address, std::span<std::byte> into)>;

struct CodeCacheTotals {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t flushes = 0;  ///< times everything was dropped as the limit was reached
};

/// Decodes each instruction once. Not thread-safe. At its limit it drops everything and starts
/// anew: programs have few hot instructions, so this costs a few reads.
class CodeCache {
 public:
  static constexpr std::size_t kDefaultLimit = 1U << 16;  ///< instructions, about 8 MiB

  CodeCache(std::unique_ptr<InstructionDecoder> decoder, CodeReader reader,
            std::size_t limit = kDefaultLimit);

  /// The instruction at `ip`, valid until the next call; or kCodeUnreadable (which is tried again
  /// the next time) or kInstructionUnknown.
  [[nodiscard]] std::variant<const Instruction*, Reason> Lookup(SpaceId space, std::uint64_t ip);

  /// Forgets instructions with a byte in [begin, end): the mapping there changed.
  void Invalidate(SpaceId space, std::uint64_t begin, std::uint64_t end);

  /// Forgets a whole address space: exec, or the last exit.
  void Drop(SpaceId space);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const CodeCacheTotals& totals() const { return totals_; }

 private:
  using Key = std::pair<SpaceId, std::uint64_t>;  ///< with an instruction pointer
  using Entry = std::variant<Instruction, Reason>;

  [[nodiscard]] Entry ReadAndDecode(SpaceId space, std::uint64_t ip) const;
  void Insert(const Key& key, Entry entry);

  std::unique_ptr<InstructionDecoder> decoder_;
  CodeReader reader_;
  std::size_t limit_;
  CodeCacheTotals totals_;
  absl::flat_hash_map<Key, Entry> entries_;
  /// Instruction pointers by (space, page), so that Invalidate need not look at every entry.
  std::map<Key, std::vector<std::uint64_t>> pages_;
};

}  // namespace heimdallr::replay
