#include "replay/jump_table.h"

#include <cstring>

namespace heimdallr::replay {
namespace {

using Code = std::deque<PlacedInstruction>;

// The load of an entry: the last operand with an index that is as wide as an entry.
struct EntryLoad {
  std::size_t at = 0;  // index into the code
  MemoryOperand operand;
};

std::optional<EntryLoad> FindLoad(const Code& code) {
  for (std::size_t i = code.size(); i-- > 0;) {
    for (const MemoryOperand& operand : code[i].instruction.memory()) {
      if (operand.kind != AccessKind::kLoad || operand.index == Register::kNone) continue;
      const bool is_entry = operand.scale == operand.size_bytes &&
                            (operand.scale == 4 || operand.scale == 8) &&
                            operand.segment == Register::kNone;
      if (is_entry) return EntryLoad{i, operand};
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool Writes(const Instruction& instruction, Register which) {
  const Effects& effects = instruction.effects;
  return (effects.clobbered >> static_cast<unsigned>(which) & 1U) != 0 ||
         (effects.computed.operation != Operation::kNone && effects.computed.target == which);
}

// What is known of a register before instruction `at`.
struct Base {
  enum class State { kConstant, kSetBefore, kComputed };
  State state = State::kSetBefore;
  std::uint64_t value = 0;
};

Base FindBase(const Code& code, std::size_t at, Register which) {
  while (at-- > 0) {
    if (!Writes(code[at].instruction, which)) continue;
    const auto constant = ConstantOf(code[at].instruction);
    if (!constant || constant->target != which) return {Base::State::kComputed};
    return {Base::State::kConstant, constant->value};
  }
  return {};
}

// The comparison that bounds `index` as it is before instruction `at`, followed back through moves.
std::optional<std::size_t> FindComparison(const Code& code, std::size_t at, Register index) {
  while (at-- > 0) {
    const Instruction& instruction = code[at].instruction;
    if (instruction.compared == index) return at;
    if (!Writes(instruction, index)) continue;
    const RegisterEffect& effect = instruction.effects.computed;
    const bool is_move = effect.target == index && (effect.operation == Operation::kCopy ||
                                                    effect.operation == Operation::kZeroExtend);
    if (!is_move) return std::nullopt;
    index = effect.source;
  }
  return std::nullopt;
}

}  // namespace

std::optional<JumpTable> FindJumpTable(const Code& code) {
  const auto load = FindLoad(code);
  if (!load) return std::nullopt;
  const auto displacement = static_cast<std::uint64_t>(load->operand.displacement);
  Base base{Base::State::kConstant};
  if (load->operand.base != Register::kNone) base = FindBase(code, load->at, load->operand.base);
  const auto comparison = FindComparison(code, load->at, load->operand.index);
  if (base.state == Base::State::kComputed || !comparison) return std::nullopt;
  // The bound is kept by a branch right behind the comparison, which leads elsewhere beyond it.
  const Instruction& branch = code[*comparison + 1].instruction;
  const std::uint32_t comparand = code[*comparison].instruction.comparand;
  if (branch.condition == Condition::kOther || comparand >= JumpTable::kMaxEntries) {
    return std::nullopt;
  }
  const std::uint32_t entries = comparand + (branch.condition == Condition::kAbove ? 1 : 0);
  if (entries == 0) return std::nullopt;
  const bool set_before = base.state == Base::State::kSetBefore;
  return JumpTable{.address = base.value + displacement,
                   .base = set_before ? load->operand.base : Register::kNone,
                   .entries = entries,
                   .entry_bytes = load->operand.scale,
                   .comparison = code[*comparison].ip,
                   .jump = code.back().ip};
}

std::optional<Constant> ConstantOf(const Instruction& instruction) {
  const RegisterEffect& effect = instruction.effects.computed;
  const bool is_constant =
      !effect.is_32_bit && effect.source == Register::kNone && effect.index == Register::kNone &&
      (effect.operation == Operation::kLea || effect.operation == Operation::kSet);
  if (!is_constant) return std::nullopt;
  return Constant{effect.target, static_cast<std::uint64_t>(effect.immediate)};
}

std::optional<std::vector<std::uint64_t>> ReadTargets(const JumpTable& table, std::uint64_t base,
                                                      const MemoryReader& read) {
  const std::uint64_t address = table.address + base;
  std::vector<std::byte> bytes(std::size_t{table.entries} * table.entry_bytes);
  if (read(address, bytes) != bytes.size()) return std::nullopt;
  std::vector<std::uint64_t> targets;
  for (std::uint32_t i = 0; i < table.entries; ++i) {
    const std::byte* entry = &bytes[std::size_t{i} * table.entry_bytes];
    if (table.entry_bytes == 8) {
      std::uint64_t target = 0;
      std::memcpy(&target, entry, sizeof target);
      targets.push_back(target);
    } else {
      std::int32_t distance = 0;
      std::memcpy(&distance, entry, sizeof distance);
      targets.push_back(address + static_cast<std::uint64_t>(std::int64_t{distance}));
    }
  }
  return targets;
}

}  // namespace heimdallr::replay
