// Basic blocks of the programs being sampled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "replay/block.h"
#include "replay/function_layout.h"
#include "replay/instruction.h"
#include "replay/instruction_decoder.h"

namespace heimdallr::replay {

/// Names an address space; what the numbers mean is the caller's, such as one for each exec.
using SpaceId = std::uint64_t;

/// Reads code: fills the start of `into` with the bytes from `address` on and returns how many. May
/// return 0 for a read that would only in part succeed.
using CodeReader =
    std::function<std::size_t(SpaceId space, std::uint64_t address, std::span<std::byte> into)>;

/// The function around an instruction; nothing where no symbol or unwind table names one (JIT).
using FunctionFinder = std::function<std::optional<CodeRange>(SpaceId space, std::uint64_t ip)>;

struct BlockCacheTotals {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t flushes = 0;  ///< times everything was dropped as the limit was reached
};

/// Finds and decodes each block once. Not thread-safe. At its limit it drops everything and starts
/// anew: programs have few hot blocks, so this costs a few reads.
class BlockCache {
 public:
  static constexpr std::size_t kDefaultLimit = 1U << 16;      ///< instructions
  static constexpr std::size_t kMaxSteps = 256;               ///< of a block; longer ones are cut
  static constexpr std::size_t kMaxFunctionBytes = 1U << 20;  ///< longer ones: forward only

  BlockCache(std::unique_ptr<InstructionDecoder> decoder, CodeReader reader, FunctionFinder finder,
             std::size_t limit = kDefaultLimit);

  /// The block around `ip`, valid until the next call; or kCodeUnreadable (which is tried again the
  /// next time) or kInstructionUnknown.
  [[nodiscard]] std::variant<BlockPosition, Reason> Lookup(SpaceId space, std::uint64_t ip);

  /// Forgets what has a byte in [begin, end): the mapping there changed.
  void Invalidate(SpaceId space, std::uint64_t begin, std::uint64_t end);

  /// Forgets a whole address space: exec, or the last exit.
  void Drop(SpaceId space);

  [[nodiscard]] const BlockCacheTotals& totals() const { return totals_; }

 private:
  using Key = std::pair<SpaceId, std::uint64_t>;

  [[nodiscard]] std::vector<std::byte> Read(SpaceId space, std::uint64_t address,
                                            std::size_t size) const;
  [[nodiscard]] const FunctionLayout* LayoutAround(SpaceId space, std::uint64_t ip);
  [[nodiscard]] std::variant<Block, Reason> Decode(SpaceId space, std::uint64_t start,
                                                   std::uint64_t end, Block::Start kind) const;
  /// The code from `ip` on, of which what comes before is not known.
  [[nodiscard]] std::variant<Block, Reason> DecodeFrom(SpaceId space, std::uint64_t ip,
                                                       std::uint64_t end) const;
  void AddPrologue(SpaceId space, const FunctionLayout& layout, Block& block) const;
  [[nodiscard]] std::variant<Block, Reason> MakeBlock(SpaceId space, std::uint64_t ip);
  [[nodiscard]] BlockPosition Insert(SpaceId space, std::uint64_t ip, Block block);
  /// Takes what leads to `block` out of the tables, and its steps out of the count.
  void Forget(SpaceId space, const Block& block);
  void DropEverything();

  std::unique_ptr<InstructionDecoder> decoder_;
  CodeReader reader_;
  FunctionFinder finder_;
  std::size_t limit_;
  std::size_t instructions_ = 0;
  BlockCacheTotals totals_;
  absl::flat_hash_map<Key, BlockPosition> entries_;  // by instruction
  std::map<Key, Reason> failures_;                   // by instruction
  std::map<Key, std::unique_ptr<Block>> blocks_;     // by the first step
  std::map<Key, FunctionLayout> layouts_;            // by the function's start
};

}  // namespace heimdallr::replay
