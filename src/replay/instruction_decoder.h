// Decoding of machine code, one implementation for each architecture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>

#include "replay/instruction.h"

namespace heimdallr::replay {

/// Thread-safe: has no state that changes.
class InstructionDecoder {
 public:
  virtual ~InstructionDecoder() = default;

  /// Bytes the longest instruction can have.
  [[nodiscard]] virtual std::size_t max_length() const = 0;

  /// Decodes the instruction at the start of `bytes`, whose address is `ip`. kCodeUnreadable when
  /// the bytes end before the instruction does, kInstructionUnknown when it is none.
  [[nodiscard]] virtual std::variant<Instruction, Reason> Decode(std::span<const std::byte> bytes,
                                                                 std::uint64_t ip) const = 0;
};

/// x86-64 in 64-bit mode.
[[nodiscard]] std::unique_ptr<InstructionDecoder> MakeX86Decoder();

}  // namespace heimdallr::replay
