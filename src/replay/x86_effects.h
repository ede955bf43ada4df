// Effects and control flow of decoded x86-64 instructions.
#pragma once

#include <cstdint>
#include <span>

#include <Zydis/Zydis.h>

#include "replay/instruction.h"

namespace heimdallr::replay {

/// A register of an address, widened to 64 bits; kNone for what is no general register.
[[nodiscard]] Register ToRegister(ZydisRegister which);

/// Fills in `flow`, `target` and `effects` of the instruction at `ip`.
void DescribeEffects(const ZydisDecodedInstruction& instruction,
                     std::span<const ZydisDecodedOperand> operands, std::uint64_t ip,
                     Instruction& result);

}  // namespace heimdallr::replay
