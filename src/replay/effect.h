// What an instruction does to the registers, as far as addresses of its neighbours need it.
#pragma once

#include <cstdint>

#include "replay/registers.h"

namespace heimdallr::replay {

/// How a register gets its new value, when that can be said.
enum class Operation : std::uint8_t {
  kNone,
  kSet,             ///< immediate
  kCopy,            ///< source
  kAdd,             ///< target + immediate
  kAddSource,       ///< target + source
  kSubtractSource,  ///< target - source
  kXor,             ///< target ^ immediate
  kXorSource,       ///< target ^ source
  kAnd,             ///< target & immediate
  kShiftLeft,       ///< target << immediate
  kShiftRight,      ///< target >> immediate, zeros coming in
  kLea,             ///< source + index * scale + immediate; source and index may be none
  kSignExtend,      ///< the low `source_bits` of source, signed
  kZeroExtend,      ///< the low `source_bits` of source
};

/// One register that is given a value that can be computed. Results of 32-bit operations are
/// zero-extended, as x86-64 does.
struct RegisterEffect {
  Operation operation = Operation::kNone;
  Register target = Register::kNone;
  Register source = Register::kNone;
  Register index = Register::kNone;
  std::uint8_t scale = 1;
  std::uint8_t source_bits = 64;
  bool is_32_bit = false;
  std::int64_t immediate = 0;
};

/// Everything an instruction changes. Registers in none of these keep their values.
struct Effects {
  RegisterEffect computed;
  std::int16_t stack_delta = 0;  ///< added to the stack pointer: -8 for a push
  /// Bit n: register n of `Register` gets a value that is not known.
  std::uint32_t clobbered = 0;

  /// The instruction changes no register that matters here, as most of floating point.
  [[nodiscard]] bool none() const {
    return computed.operation == Operation::kNone && clobbered == 0 && stack_delta == 0;
  }
};

/// Makes `registers`, those before an instruction, those after it. What cannot be known is
/// forgotten.
void Apply(const Effects& effects, Registers& registers);

/// Makes `registers`, those after an instruction, those before it: steps are undone, and a value
/// that was copied tells its source's. What cannot be known is forgotten.
void Undo(const Effects& effects, Registers& registers);

}  // namespace heimdallr::replay
