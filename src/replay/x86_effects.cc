#include "replay/x86_effects.h"

namespace heimdallr::replay {
namespace {

using Operands = std::span<const ZydisDecodedOperand>;

constexpr std::uint32_t Bit(Register which) { return 1U << static_cast<unsigned>(which); }

// What a called function may change (System V ABI, x86-64: all but rbx, rbp, rsp, r12 to r15).
constexpr std::uint32_t kCallerSaved =
    Bit(Register::kRax) | Bit(Register::kRcx) | Bit(Register::kRdx) | Bit(Register::kRsi) |
    Bit(Register::kRdi) | Bit(Register::kR8) | Bit(Register::kR9) | Bit(Register::kR10) |
    Bit(Register::kR11);

bool IsRegister(const ZydisDecodedOperand& operand) {
  return operand.type == ZYDIS_OPERAND_TYPE_REGISTER &&
         ToRegister(operand.reg.value) != Register::kNone;
}

bool IsImmediate(const ZydisDecodedOperand& operand) {
  return operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
}

std::int64_t Immediate(const ZydisDecodedOperand& operand) {
  return operand.imm.is_signed ? operand.imm.value.s
                               : static_cast<std::int64_t>(operand.imm.value.u);
}

std::uint32_t WrittenRegisters(Operands operands) {
  std::uint32_t written = 0;
  for (const ZydisDecodedOperand& operand : operands) {
    if ((operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0 || !IsRegister(operand)) continue;
    written |= Bit(ToRegister(operand.reg.value));
  }
  return written;
}

// One whose result fills the register: 64 bits, or 32 with zeros above.
bool TargetIsWhole(Operands operands) {
  return !operands.empty() && IsRegister(operands[0]) &&
         (operands[0].size == 64 || operands[0].size == 32);
}

RegisterEffect Made(Operation operation, Operands operands) {
  RegisterEffect effect;
  effect.operation = operation;
  effect.target = ToRegister(operands[0].reg.value);
  effect.is_32_bit = operands[0].size == 32;
  return effect;
}

RegisterEffect WithImmediate(Operation operation, Operands operands, std::int64_t immediate) {
  RegisterEffect effect = Made(operation, operands);
  effect.immediate = immediate;
  return effect;
}

RegisterEffect WithSource(Operation operation, Operands operands) {
  RegisterEffect effect = Made(operation, operands);
  effect.source = ToRegister(operands[1].reg.value);
  effect.source_bits = static_cast<std::uint8_t>(operands[1].size);
  return effect;
}

RegisterEffect Lea(const ZydisDecodedInstruction& instruction, Operands operands,
                   std::uint64_t ip) {
  const ZydisDecodedOperandMem& address = operands[1].mem;
  const auto is_32 = [](ZydisRegister r) {
    return r != ZYDIS_REGISTER_NONE && ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, r) == 32;
  };
  if (is_32(address.base) || is_32(address.index)) return {};
  RegisterEffect effect = WithImmediate(Operation::kLea, operands, address.disp.value);
  if (address.base == ZYDIS_REGISTER_RIP) {
    effect.immediate += static_cast<std::int64_t>(ip + instruction.length);
  } else {
    effect.source = ToRegister(address.base);
  }
  effect.index = ToRegister(address.index);
  effect.scale = address.scale == 0 ? std::uint8_t{1} : address.scale;
  return effect;
}

bool SameRegister(Operands operands) {
  return ToRegister(operands[0].reg.value) == ToRegister(operands[1].reg.value);
}

RegisterEffect Add(Operands operands) {
  if (IsImmediate(operands[1])) {
    return WithImmediate(Operation::kAdd, operands, Immediate(operands[1]));
  }
  if (!IsRegister(operands[1])) return {};
  if (SameRegister(operands)) return WithImmediate(Operation::kShiftLeft, operands, 1);
  return WithSource(Operation::kAddSource, operands);
}

RegisterEffect Subtract(Operands operands) {
  if (IsImmediate(operands[1])) {
    return WithImmediate(Operation::kAdd, operands, -Immediate(operands[1]));
  }
  if (!IsRegister(operands[1])) return {};
  if (SameRegister(operands)) return WithImmediate(Operation::kSet, operands, 0);
  return WithSource(Operation::kSubtractSource, operands);
}

RegisterEffect Xor(Operands operands) {
  if (IsImmediate(operands[1])) {
    return WithImmediate(Operation::kXor, operands, Immediate(operands[1]));
  }
  if (!IsRegister(operands[1])) return {};
  if (operands[0].reg.value == operands[1].reg.value) {
    return WithImmediate(Operation::kSet, operands, 0);
  }
  return WithSource(Operation::kXorSource, operands);
}

RegisterEffect Shift(Operation operation, Operands operands) {
  if (!IsImmediate(operands[1])) return {};
  const std::int64_t count = Immediate(operands[1]) & (operands[0].size == 64 ? 63 : 31);
  return WithImmediate(operation, operands, count);
}

RegisterEffect Move(Operands operands) {
  if (IsImmediate(operands[1])) {
    return WithImmediate(Operation::kSet, operands, Immediate(operands[1]));
  }
  return IsRegister(operands[1]) ? WithSource(Operation::kCopy, operands) : RegisterEffect{};
}

// High byte registers (ah, ...) are not the low bits of what ToRegister says.
bool IsLowPart(const ZydisDecodedOperand& operand) {
  return IsRegister(operand) &&
         !(operand.reg.value >= ZYDIS_REGISTER_AH && operand.reg.value <= ZYDIS_REGISTER_BH);
}

// rax = eax, signed (cdqe); eax = ax (cwde).
RegisterEffect ExtendAccumulator(std::uint8_t source_bits) {
  RegisterEffect effect;
  effect.operation = Operation::kSignExtend;
  effect.target = Register::kRax;
  effect.source = Register::kRax;
  effect.source_bits = source_bits;
  effect.is_32_bit = source_bits == 16;
  return effect;
}

// The value the first operand gets, if it can be computed from registers.
RegisterEffect Computed(const ZydisDecodedInstruction& instruction, Operands operands,
                        std::uint64_t ip) {
  if (instruction.mnemonic == ZYDIS_MNEMONIC_CDQE) return ExtendAccumulator(32);
  if (instruction.mnemonic == ZYDIS_MNEMONIC_CWDE) return ExtendAccumulator(16);
  if (instruction.mnemonic == ZYDIS_MNEMONIC_LEAVE) {
    RegisterEffect effect;  // rsp = rbp + 8; the popped rbp is clobbered
    effect.operation = Operation::kLea;
    effect.target = Register::kRsp;
    effect.source = Register::kRbp;
    effect.immediate = 8;
    return effect;
  }
  if (!TargetIsWhole(operands)) return {};
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MOV:
      return Move(operands);
    case ZYDIS_MNEMONIC_LEA:
      return Lea(instruction, operands, ip);
    case ZYDIS_MNEMONIC_ADD:
      return Add(operands);
    case ZYDIS_MNEMONIC_SUB:
      return Subtract(operands);
    case ZYDIS_MNEMONIC_INC:
      return WithImmediate(Operation::kAdd, operands, 1);
    case ZYDIS_MNEMONIC_DEC:
      return WithImmediate(Operation::kAdd, operands, -1);
    case ZYDIS_MNEMONIC_XOR:
      return Xor(operands);
    case ZYDIS_MNEMONIC_AND:
      return IsImmediate(operands[1])
                 ? WithImmediate(Operation::kAnd, operands, Immediate(operands[1]))
                 : RegisterEffect{};
    case ZYDIS_MNEMONIC_SHL:
      return Shift(Operation::kShiftLeft, operands);
    case ZYDIS_MNEMONIC_SHR:
      return Shift(Operation::kShiftRight, operands);
    case ZYDIS_MNEMONIC_MOVSXD:
    case ZYDIS_MNEMONIC_MOVSX:
      return IsLowPart(operands[1]) ? WithSource(Operation::kSignExtend, operands)
                                    : RegisterEffect{};
    case ZYDIS_MNEMONIC_MOVZX:
      return IsLowPart(operands[1]) ? WithSource(Operation::kZeroExtend, operands)
                                    : RegisterEffect{};
    default:
      return {};
  }
}

// Pushes and pops that move the stack pointer by a known amount. A call is even once it is back.
std::int16_t StackDelta(const ZydisDecodedInstruction& instruction) {
  const auto bytes = static_cast<std::int16_t>(instruction.operand_width / 8);
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_PUSH:
    case ZYDIS_MNEMONIC_PUSHFQ:
      return static_cast<std::int16_t>(-bytes);
    case ZYDIS_MNEMONIC_POP:
    case ZYDIS_MNEMONIC_POPFQ:
      return bytes;
    default:
      return 0;
  }
}

void DescribeFlow(const ZydisDecodedInstruction& instruction, Operands operands, std::uint64_t ip,
                  Instruction& result) {
  ZyanU64 target = 0;
  const bool direct =
      !operands.empty() && IsImmediate(operands[0]) && operands[0].imm.is_relative &&
      ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&instruction, &operands[0], ip, &target));
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
      result.flow = Flow::kBranch;
      result.target = target;
      if (instruction.mnemonic == ZYDIS_MNEMONIC_JNBE) result.condition = Condition::kAbove;
      if (instruction.mnemonic == ZYDIS_MNEMONIC_JNB) result.condition = Condition::kAboveOrEqual;
      break;
    case ZYDIS_CATEGORY_UNCOND_BR:
      result.flow = direct ? Flow::kJump : Flow::kIndirectJump;
      result.target = target;
      break;
    case ZYDIS_CATEGORY_CALL:
      result.flow = Flow::kCall;
      result.target = target;
      break;
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_INTERRUPT:
      result.flow = Flow::kEnd;
      break;
    default:
      if (instruction.mnemonic == ZYDIS_MNEMONIC_UD2 ||
          instruction.mnemonic == ZYDIS_MNEMONIC_HLT) {
        result.flow = Flow::kEnd;
      }
  }
}

void DescribeComparison(const ZydisDecodedInstruction& instruction, Operands operands,
                        Instruction& result) {
  if (instruction.mnemonic != ZYDIS_MNEMONIC_CMP || !IsRegister(operands[0]) ||
      !IsImmediate(operands[1])) {
    return;
  }
  result.compared = ToRegister(operands[0].reg.value);
  result.comparand = static_cast<std::uint32_t>(Immediate(operands[1]));
}

}  // namespace

Register ToRegister(ZydisRegister which) {
  if (which == ZYDIS_REGISTER_NONE) return Register::kNone;
  const ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, which);
  if (wide < ZYDIS_REGISTER_RAX || wide > ZYDIS_REGISTER_R15) return Register::kNone;
  // Zydis numbers them as the instruction encoding does, and so does Register.
  return static_cast<Register>(wide - ZYDIS_REGISTER_RAX);
}

void DescribeEffects(const ZydisDecodedInstruction& instruction, Operands operands,
                     std::uint64_t ip, Instruction& result) {
  DescribeFlow(instruction, operands, ip, result);
  DescribeComparison(instruction, operands, result);
  Effects& effects = result.effects;
  effects.computed = Computed(instruction, operands, ip);
  effects.stack_delta = StackDelta(instruction);
  effects.clobbered = WrittenRegisters(operands);
  if (effects.stack_delta != 0 || result.flow == Flow::kCall) {
    effects.clobbered &= ~Bit(Register::kRsp);
  }
  if (instruction.mnemonic == ZYDIS_MNEMONIC_POP &&
      ToRegister(operands[0].reg.value) == Register::kRsp) {
    effects.stack_delta = 0;
    effects.clobbered |= Bit(Register::kRsp);
  }
  if (effects.computed.operation != Operation::kNone) {
    effects.clobbered &= ~Bit(effects.computed.target);
  }
  if (result.flow == Flow::kCall) effects.clobbered |= kCallerSaved;
  if (instruction.meta.category == ZYDIS_CATEGORY_SYSCALL) {
    effects.clobbered |= Bit(Register::kRax);  // the kernel's return value
  }
}

}  // namespace heimdallr::replay
