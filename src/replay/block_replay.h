// The accesses of a basic block from the registers at one of its instructions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "replay/block.h"
#include "replay/instruction.h"
#include "replay/registers.h"

namespace heimdallr::replay {

/// One access that the block makes around a tick.
struct ReplayedAccess {
  std::uint64_t ip = 0;
  std::uint64_t address = 0;
  /// How often the access is taken to have been made (Replay).
  float weight = 1;
  std::uint16_t size_bytes = 0;
  AccessKind kind = AccessKind::kUnknown;
  bool direct = false;  ///< of the instruction at the tick itself
};

/// What a tick in a block comes to.
struct ReplayResult {
  std::vector<ReplayedAccess> accesses;  ///< in the order of the code
  /// Memory operands of the block whose address could not be computed, by Reason.
  std::array<std::uint32_t, kReasonCount> missing{};
  std::uint32_t memory_operands = 0;
  std::vector<Registers> states;  ///< reused memory
};

/// What a tick is a sample of.
struct SampledAs {
  /// The instruction at the position has run: a processor's own record (PEBS) has the registers as
  /// they are behind it. Otherwise it has not run yet.
  bool has_run = false;
  /// The event counts accesses of this kind, so its samples tell of those themselves; kUnknown = it
  /// counts time or instructions.
  AccessKind counts = AccessKind::kUnknown;
};

/// Walks from the tick to the block's end, applying what instructions do to the registers, and back
/// to its start, undoing it, where the start is known; gives each memory operand whose registers
/// stay known. `registers` are those of the tick. `result` is reused memory.
///
/// A tick stands for 1 / n runs of its block, which has n instructions, or of an event that counts
/// accesses n of these; they are left out of `result`. An operand that it does not see is owed
/// them, and the next tick that sees it pays: so all operands of a block come to the same number of
/// runs, be they seen by each tick or by few, and wherever in the block ticks stall.
void Replay(const BlockPosition& position, const Registers& registers, ReplayResult& result,
            SampledAs sampled = {});

/// Makes a decoded block ready for Replay.
void Prepare(Block& block);

}  // namespace heimdallr::replay
