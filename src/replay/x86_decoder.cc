#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <variant>

#include <Zydis/Zydis.h>

#include "replay/instruction_decoder.h"
#include "replay/x86_effects.h"

namespace heimdallr::replay {
namespace {

Register ToSegment(ZydisRegister which) {
  // In 64-bit mode the other segments start at 0.
  if (which == ZYDIS_REGISTER_FS) return Register::kFsBase;
  if (which == ZYDIS_REGISTER_GS) return Register::kGsBase;
  return Register::kNone;
}

AccessKind ToKind(ZydisOperandActions actions) {
  const bool reads = (actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
  const bool writes = (actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  if (reads && writes) return AccessKind::kLoadStore;
  return writes ? AccessKind::kStore : AccessKind::kLoad;
}

/// Instructions with a memory operand that they neither read nor write.
bool OnlyNamesMemory(const ZydisDecodedInstruction& instruction) {
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_NOP:
    case ZYDIS_CATEGORY_WIDENOP:
    case ZYDIS_CATEGORY_PREFETCH:
    case ZYDIS_CATEGORY_PREFETCHWT1:
    case ZYDIS_CATEGORY_CLDEMOTE:
    case ZYDIS_CATEGORY_CLFLUSHOPT:
    case ZYDIS_CATEGORY_CLWB:
    case ZYDIS_CATEGORY_MPX:
      return true;
    default:
      break;
  }
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_CLFLUSH:
    case ZYDIS_MNEMONIC_INVLPG:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
      return true;
    default:
      return false;
  }
}

bool IsMasked(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MASKMOVQ:
    case ZYDIS_MNEMONIC_MASKMOVDQU:
    case ZYDIS_MNEMONIC_VMASKMOVDQU:
    case ZYDIS_MNEMONIC_VMASKMOVPS:
    case ZYDIS_MNEMONIC_VMASKMOVPD:
    case ZYDIS_MNEMONIC_VPMASKMOVD:
    case ZYDIS_MNEMONIC_VPMASKMOVQ:
      return true;
    default:
      return instruction.avx.mask.reg > ZYDIS_REGISTER_K0 &&
             instruction.avx.mask.reg <= ZYDIS_REGISTER_K7;
  }
}

bool IsBitTest(ZydisMnemonic mnemonic) {
  return mnemonic == ZYDIS_MNEMONIC_BT || mnemonic == ZYDIS_MNEMONIC_BTS ||
         mnemonic == ZYDIS_MNEMONIC_BTR || mnemonic == ZYDIS_MNEMONIC_BTC;
}

/// The decoded instruction with its operands, and where it lies.
struct Decoded {
  ZydisDecodedInstruction instruction;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  std::uint64_t ip = 0;
};

/// What the general form base + index * scale + displacement does not say of some instructions.
void ApplyExceptions(const Decoded& decoded, const ZydisDecodedOperand& source,
                     MemoryOperand& operand) {
  const bool hidden = source.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
  const bool stack = hidden && source.mem.base == ZYDIS_REGISTER_RSP;
  const ZydisMnemonic mnemonic = decoded.instruction.mnemonic;
  if (stack && operand.kind == AccessKind::kStore) {
    // A push moves the stack pointer first; the registers are those from before.
    operand.displacement -= operand.size_bytes;
  } else if (mnemonic == ZYDIS_MNEMONIC_POP && !hidden && operand.base == Register::kRsp) {
    // pop to memory computes the address with the stack pointer already moved (SDM, POP).
    operand.displacement += operand.size_bytes;
  } else if (mnemonic == ZYDIS_MNEMONIC_XLAT) {
    operand.index = Register::kRax;
    operand.index_low_byte = true;
  } else if (IsBitTest(mnemonic) && decoded.operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER) {
    operand.bit_offset = ToRegister(decoded.operands[1].reg.value);
  } else if (decoded.instruction.meta.category == ZYDIS_CATEGORY_AMX_TILE) {
    operand.index = Register::kNone;  // the distance of rows; the first row is at base
  }
}

void ResolveBase(const Decoded& decoded, const ZydisDecodedOperandMem& source,
                 MemoryOperand& operand) {
  operand.base = ToRegister(source.base);
  operand.truncated = ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, source.base) == 32 ||
                      ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, source.index) == 32;
  if (source.base == ZYDIS_REGISTER_RIP || source.base == ZYDIS_REGISTER_EIP) {
    operand.displacement += static_cast<std::int64_t>(decoded.ip + decoded.instruction.length);
  }
}

MemoryOperand ToOperand(const Decoded& decoded, const ZydisDecodedOperand& source) {
  constexpr ZydisInstructionAttributes kRepeats =
      ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  MemoryOperand operand;
  operand.size_bytes = static_cast<std::uint16_t>(source.size / 8);
  operand.kind = ToKind(source.actions);
  operand.displacement = source.mem.disp.value;
  ResolveBase(decoded, source.mem, operand);
  operand.vector_index = source.mem.type == ZYDIS_MEMOP_TYPE_VSIB;
  if (!operand.vector_index) {
    operand.index = ToRegister(source.mem.index);
    operand.scale = std::max<std::uint8_t>(source.mem.scale, 1);
  } else {
    operand.truncated = false;
  }
  operand.segment = ToSegment(source.mem.segment);
  operand.repeated = (decoded.instruction.attributes & kRepeats) != 0;
  operand.masked = IsMasked(decoded.instruction);
  ApplyExceptions(decoded, source, operand);
  operand.plain_registers = PlainRegisters(operand);
  return operand;
}

class X86Decoder final : public InstructionDecoder {
 public:
  X86Decoder() { ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64); }

  std::size_t max_length() const override { return ZYDIS_MAX_INSTRUCTION_LENGTH; }

  std::variant<Instruction, Reason> Decode(std::span<const std::byte> bytes,
                                           std::uint64_t ip) const override {
    if (bytes.empty()) return Reason::kCodeUnreadable;
    Decoded decoded;
    decoded.ip = ip;
    const ZyanStatus status = ZydisDecoderDecodeFull(&decoder_, bytes.data(), bytes.size(),
                                                     &decoded.instruction, decoded.operands.data());
    if (status == ZYDIS_STATUS_NO_MORE_DATA) return Reason::kCodeUnreadable;
    if (!ZYAN_SUCCESS(status)) return Reason::kInstructionUnknown;

    Instruction result;
    result.length_bytes = decoded.instruction.length;
    DescribeEffects(decoded.instruction,
                    {decoded.operands.data(), decoded.instruction.operand_count}, ip, result);
    if (OnlyNamesMemory(decoded.instruction)) return result;
    const std::span operands(decoded.operands.data(), decoded.instruction.operand_count);
    for (const ZydisDecodedOperand& operand : operands) {
      // lea and its kind carry an address that no access is made to: no action.
      if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY || operand.actions == 0) continue;
      if (result.operand_count == Instruction::kMaxOperands) break;
      result.operands[result.operand_count++] = ToOperand(decoded, operand);
    }
    return result;
  }

 private:
  ZydisDecoder decoder_;
};

}  // namespace

std::unique_ptr<InstructionDecoder> MakeX86Decoder() { return std::make_unique<X86Decoder>(); }

}  // namespace heimdallr::replay
