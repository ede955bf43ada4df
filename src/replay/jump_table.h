// Where a jump through a table can lead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "replay/instruction.h"

namespace heimdallr::replay {

/// Reads memory of the program: fills the start of `into` and returns how many bytes.
using MemoryReader = std::function<std::size_t(std::uint64_t address, std::span<std::byte> into)>;

/// An instruction and its address.
struct PlacedInstruction {
  std::uint64_t ip = 0;
  Instruction instruction;
};

/// How compilers make a `switch`: a comparison of the index with its bound, then a load from the
/// table, whose address is a constant, and a jump to what it says.
struct JumpTable {
  std::uint64_t address = 0;        ///< without what `base` holds
  Register base = Register::kNone;  ///< set before the code that was looked at; kNone: known
  std::uint32_t entries = 0;        ///< 1 to kMaxEntries
  std::uint8_t entry_bytes = 0;     ///< 8: addresses; 4: signed distances from the table
  std::uint64_t comparison = 0;     ///< ip: the bound holds if nothing jumps in behind it ...
  std::uint64_t jump = 0;           ///< ... up to here

  static constexpr std::uint32_t kMaxEntries = 4096;
  static constexpr std::size_t kWindow = 16;  ///< instructions from the comparison to the jump
};

/// The table of the indirect jump that is the last of `code`, straight code in its order. Nothing
/// where there is a doubt: the bound must be of the very index.
[[nodiscard]] std::optional<JumpTable> FindJumpTable(const std::deque<PlacedInstruction>& code);

/// What is in the table whose base is `base` (0 if it has none); nothing when not all of it can be
/// read.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> ReadTargets(const JumpTable& table,
                                                                    std::uint64_t base,
                                                                    const MemoryReader& read);

/// The constant that an instruction puts into a register, such as the address of a table.
struct Constant {
  Register target = Register::kNone;
  std::uint64_t value = 0;
};
[[nodiscard]] std::optional<Constant> ConstantOf(const Instruction& instruction);

}  // namespace heimdallr::replay
