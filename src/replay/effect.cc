#include "replay/effect.h"

#include <optional>

namespace heimdallr::replay {
namespace {

using Value = std::optional<std::uint64_t>;

constexpr std::uint64_t kLow32 = 0xffff'ffff;

std::uint64_t SignExtend(std::uint64_t value, unsigned bits) {
  const unsigned unused = 64 - bits;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << unused) >> unused);
}

Value IndexTerm(const RegisterEffect& effect, const Registers& registers) {
  if (effect.index == Register::kNone) return 0;
  const Value index = registers.Get(effect.index);
  if (!index) return std::nullopt;
  return *index * effect.scale;
}

Value LeaValue(const RegisterEffect& effect, const Registers& registers) {
  const Value index = IndexTerm(effect, registers);
  const Value base = effect.source == Register::kNone ? Value(0) : registers.Get(effect.source);
  if (!index || !base) return std::nullopt;
  return *base + *index + static_cast<std::uint64_t>(effect.immediate);
}

// The new value of the target from the registers before.
Value Compute(const RegisterEffect& effect, const Registers& registers) {
  if (effect.operation == Operation::kNone) return std::nullopt;  // perhaps without a target
  const auto immediate = static_cast<std::uint64_t>(effect.immediate);
  const Value target = registers.Get(effect.target);
  const Value source = effect.source == Register::kNone ? Value() : registers.Get(effect.source);
  switch (effect.operation) {
    case Operation::kNone:
      break;
    case Operation::kSet:
      return immediate;
    case Operation::kCopy:
      return source;
    case Operation::kAdd:
      return target ? Value(*target + immediate) : target;
    case Operation::kAddSource:
      return target && source ? Value(*target + *source) : std::nullopt;
    case Operation::kSubtractSource:
      return target && source ? Value(*target - *source) : std::nullopt;
    case Operation::kXor:
      return target ? Value(*target ^ immediate) : target;
    case Operation::kXorSource:
      return target && source ? Value(*target ^ *source) : std::nullopt;
    case Operation::kAnd:
      return target ? Value(*target & immediate) : target;
    case Operation::kShiftLeft:
      return target ? Value(*target << immediate) : target;
    case Operation::kShiftRight:
      if (!target) return target;
      return (effect.is_32_bit ? *target & kLow32 : *target) >> immediate;
    case Operation::kLea:
      return LeaValue(effect, registers);
    case Operation::kSignExtend:
      return source ? Value(SignExtend(*source, effect.source_bits)) : source;
    case Operation::kZeroExtend:
      return source ? Value(*source & (~std::uint64_t{0} >> (64 - effect.source_bits))) : source;
  }
  return std::nullopt;
}

void SetOrForget(Registers& registers, Register which, const Value& value) {
  if (value) {
    registers.Set(which, *value);
  } else {
    registers.Forget(which);
  }
}

void MoveStack(Registers& registers, std::int64_t delta) {
  if (delta == 0) return;
  if (const Value rsp = registers.Get(Register::kRsp)) {
    registers.Set(Register::kRsp, *rsp + static_cast<std::uint64_t>(delta));
  }
}

// What the target's value after the instruction tells of the registers before it. `before` has
// forgotten the target already. Only for 64-bit results: a shorter one has lost bits.
void Infer(const RegisterEffect& effect, std::uint64_t after, Registers& before) {
  const auto immediate = static_cast<std::uint64_t>(effect.immediate);
  const Value source = effect.source == Register::kNone ? Value() : before.Get(effect.source);
  switch (effect.operation) {
    case Operation::kAdd:
      before.Set(effect.target, after - immediate);
      break;
    case Operation::kXor:
      before.Set(effect.target, after ^ immediate);
      break;
    case Operation::kAddSource:
      if (source) before.Set(effect.target, after - *source);
      break;
    case Operation::kSubtractSource:
      if (source) before.Set(effect.target, after + *source);
      break;
    case Operation::kXorSource:
      if (source) before.Set(effect.target, after ^ *source);
      break;
    case Operation::kCopy:
      before.Set(effect.source, after);
      break;
    case Operation::kLea: {
      const Value index = IndexTerm(effect, before);  // unknown when the target is the index
      if (index && effect.source != Register::kNone) {
        before.Set(effect.source, after - *index - immediate);
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace

void Apply(const Effects& effects, Registers& registers) {
  const Value value = Compute(effects.computed, registers);
  registers.ForgetAll(effects.clobbered);
  MoveStack(registers, effects.stack_delta);
  if (effects.computed.operation == Operation::kNone) return;
  SetOrForget(registers, effects.computed.target,
              value && effects.computed.is_32_bit ? Value(*value & kLow32) : value);
}

void Undo(const Effects& effects, Registers& registers) {
  const RegisterEffect& computed = effects.computed;
  registers.ForgetAll(effects.clobbered);
  if (computed.operation != Operation::kNone) {
    const Value after = registers.Get(computed.target);
    registers.Forget(computed.target);
    if (after && !computed.is_32_bit) Infer(computed, *after, registers);
  }
  MoveStack(registers, -std::int64_t{effects.stack_delta});
}

}  // namespace heimdallr::replay
