#include "replay/instruction.h"

#include <bit>

namespace heimdallr::replay {
namespace {

/// The value of `which`, 0 for none; or the reason it is missing.
std::variant<std::uint64_t, Reason> Value(Register which, const Registers& registers) {
  if (which == Register::kNone) return std::uint64_t{0};
  if (const auto value = registers.Get(which)) return *value;
  const bool segment = which == Register::kFsBase || which == Register::kGsBase;
  return segment ? Reason::kSegmentBaseUnknown : Reason::kRegisterNotSampled;
}

/// How far a bit number in a register moves the address: by whole operands, in either direction.
std::uint64_t BitOffsetBytes(std::uint64_t bit, std::uint16_t size_bytes) {
  const unsigned bits = size_bytes * 8U;
  const unsigned unused = 64 - bits;  // the number is as wide as the operand
  const auto number = static_cast<std::int64_t>(bit << unused) >> unused;
  return static_cast<std::uint64_t>(number >> std::countr_zero(bits)) * size_bytes;
}

}  // namespace

std::string_view ToText(Reason reason) {
  switch (reason) {
    case Reason::kNoMemoryOperand:
      return "no memory operand";
    case Reason::kCodeUnreadable:
      return "code unreadable";
    case Reason::kInstructionUnknown:
      return "instruction unknown";
    case Reason::kVectorIndex:
      return "address in a vector register";
    case Reason::kSegmentBaseUnknown:
      return "segment base unknown";
    case Reason::kRegisterNotSampled:
      return "register not sampled";
    case Reason::kNoIteration:
      return "repeated zero times";
  }
  return "";
}

std::uint32_t PlainRegisters(const MemoryOperand& operand) {
  if (operand.vector_index || operand.repeated || operand.index_low_byte || operand.truncated ||
      operand.bit_offset != Register::kNone) {
    return MemoryOperand::kNotPlain;
  }
  std::uint32_t mask = 0;
  for (const Register which : {operand.segment, operand.base, operand.index}) {
    if (which != Register::kNone) mask |= 1U << static_cast<unsigned>(which);
  }
  return mask;
}

std::variant<std::uint64_t, Reason> GeneralAddress(const MemoryOperand& operand,
                                                   const Registers& registers) {
  if (operand.vector_index) return Reason::kVectorIndex;
  std::uint64_t parts[4] = {};
  const Register sources[4] = {operand.segment, operand.base, operand.index, operand.bit_offset};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto value = Value(sources[i], registers);
    if (const auto* reason = std::get_if<Reason>(&value)) return *reason;
    parts[i] = std::get<std::uint64_t>(value);
  }
  auto [segment, base, index, bit] = parts;
  if (operand.repeated) {
    const auto count = registers.Get(Register::kRcx);
    // 32-bit addressing counts in ecx.
    if (count.has_value() && (operand.truncated ? *count & 0xffff'ffffU : *count) == 0) {
      return Reason::kNoIteration;
    }
  }
  if (operand.index_low_byte) index &= 0xff;
  std::uint64_t offset =
      base + index * operand.scale + static_cast<std::uint64_t>(operand.displacement);
  if (operand.bit_offset != Register::kNone) offset += BitOffsetBytes(bit, operand.size_bytes);
  if (operand.truncated) offset &= 0xffff'ffffU;
  return segment + offset;
}

}  // namespace heimdallr::replay
