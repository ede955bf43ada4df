// What an instruction does to memory, and where.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "heimdallr/records.h"
#include "replay/effect.h"
#include "replay/registers.h"

namespace heimdallr::replay {

/// Why a tick gives no address.
enum class Reason : std::uint8_t {
  kNoMemoryOperand,     ///< the instruction reads and writes no memory
  kCodeUnreadable,      ///< its bytes could not be read
  kInstructionUnknown,  ///< its bytes are no instruction the decoder knows
  kVectorIndex,         ///< gather or scatter: addresses are in a vector register
  kSegmentBaseUnknown,  ///< fs- or gs-relative, and the base is not known
  kRegisterNotSampled,  ///< base or index is not among the registers
  kNoIteration,         ///< a repeated string instruction with a count of zero
};

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kNoIteration) + 1;

[[nodiscard]] std::string_view ToText(Reason reason);

/// One access of an instruction. The address is that of the lowest byte, made of the registers
/// before the instruction runs:
///   segment + base + index * scale + displacement.
struct MemoryOperand {
  std::int64_t displacement = 0;  ///< of RIP-relative operands: the address itself
  std::uint16_t size_bytes = 0;   ///< of one element for repeated string instructions; 0 = unknown
  AccessKind kind = AccessKind::kUnknown;
  Register base = Register::kNone;
  Register index = Register::kNone;
  Register segment = Register::kNone;     ///< kFsBase or kGsBase
  Register bit_offset = Register::kNone;  ///< bt family: signed bit number, moves the address
  std::uint8_t scale = 1;
  bool truncated = false;       ///< 32-bit addressing: base + index * scale + displacement mod 2^32
  bool index_low_byte = false;  ///< xlat: only the low 8 bits of the index count
  bool vector_index = false;    ///< gather, scatter
  bool repeated = false;        ///< rep prefix: no access when rcx is 0
  /// Some or all bytes may be left untouched: masked moves. Such an access is recorded whole.
  bool masked = false;

  /// The registers (bits by number) that the general form above is made of; kNotPlain if there is
  /// more to it. Set by the decoder, for speed alone.
  static constexpr std::uint32_t kNotPlain = ~std::uint32_t{0};
  std::uint32_t plain_registers = kNotPlain;
};

/// What MemoryOperand::plain_registers is to be.
[[nodiscard]] std::uint32_t PlainRegisters(const MemoryOperand& operand);

/// Where execution goes after an instruction.
enum class Flow : std::uint8_t {
  kNext,
  kCall,          ///< comes back to the next instruction
  kBranch,        ///< to `target` or the next instruction
  kJump,          ///< to `target`
  kIndirectJump,  ///< to an address in a register or in memory
  kEnd,           ///< return, trap: nothing known follows
};

/// When a branch is taken after a comparison of unsigned numbers.
enum class Condition : std::uint8_t {
  kOther,
  kAbove,
  kAboveOrEqual,
};

/// A decoded instruction. Reads and writes of the stack, of string and other implied operands are
/// among its operands. Not there, as they access nothing: lea, nop with an operand, prefetch and
/// cache control (clflush, clwb, ...). Conditional moves from memory always load.
struct Instruction {
  static constexpr std::size_t kMaxOperands = 3;

  std::array<MemoryOperand, kMaxOperands> operands;
  std::uint8_t operand_count = 0;
  std::uint8_t length_bytes = 0;
  Flow flow = Flow::kNext;
  std::uint64_t target = 0;  ///< of kBranch and kJump; of kCall when it is direct, else 0
  Register compared = Register::kNone;      ///< of a comparison of a register with a constant
  std::uint32_t comparand = 0;              ///< that constant
  Condition condition = Condition::kOther;  ///< of kBranch
  Effects effects;  ///< of a call: what the called function may change as well

  [[nodiscard]] std::span<const MemoryOperand> memory() const {
    return {operands.data(), operand_count};
  }
};

/// EffectiveAddress of operands of every form.
[[nodiscard]] std::variant<std::uint64_t, Reason> GeneralAddress(const MemoryOperand& operand,
                                                                 const Registers& registers);

/// Address of the first byte `operand` accesses, or why it is not known. `registers` are those
/// before the instruction runs, as at a tick.
[[nodiscard]] inline std::variant<std::uint64_t, Reason> EffectiveAddress(
    const MemoryOperand& operand, const Registers& registers) {
  if (!registers.Know(operand.plain_registers)) return GeneralAddress(operand, registers);
  return registers.Known(operand.segment) + registers.Known(operand.base) +
         registers.Known(operand.index) * operand.scale +
         static_cast<std::uint64_t>(operand.displacement);
}

}  // namespace heimdallr::replay
