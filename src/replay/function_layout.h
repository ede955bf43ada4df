// Where the basic blocks of a function begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "replay/instruction_decoder.h"
#include "replay/jump_table.h"

namespace heimdallr::replay {

/// Addresses of a function's code: [start, end).
struct CodeRange {
  std::uint64_t start = 0;
  std::uint64_t end = 0;

  friend bool operator==(const CodeRange&, const CodeRange&) = default;
};

/// What one pass over a function's code tells of its control flow.
struct FunctionLayout {
  CodeRange range;
  /// Ascending: the function's start, targets of direct branches inside it, and what follows a
  /// branch or an end of flow.
  std::vector<std::uint64_t> leaders;
  /// Those of them that something jumps to, or that follow code which does not go on. The others
  /// are reached by falling through a branch alone. Ascending.
  std::vector<std::uint64_t> entries;
  /// The pass came through to here; beyond, the bytes are no instructions.
  std::uint64_t decoded_end = 0;
  /// There are jumps through registers whose table could not be found: any instruction may be a
  /// leader.
  bool has_indirect_jump = false;

  /// The last leader at or before `ip`, which is in [range.start, decoded_end).
  [[nodiscard]] std::uint64_t LeaderOf(std::uint64_t ip) const;
  /// From where straight code leads to the leader `leader`, at most `max_bytes` before it.
  [[nodiscard]] std::uint64_t WayTo(std::uint64_t leader, std::uint64_t max_bytes) const;
  /// The first leader behind `ip`, or decoded_end.
  [[nodiscard]] std::uint64_t NextLeader(std::uint64_t ip) const;
};

/// Decodes `code`, the bytes of `range`, from its start to its end; reads jump tables by `read`.
[[nodiscard]] FunctionLayout LayOut(const CodeRange& range, std::span<const std::byte> code,
                                    const InstructionDecoder& decoder, const MemoryReader& read);

}  // namespace heimdallr::replay
