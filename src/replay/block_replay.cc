#include "replay/block_replay.h"

#include <algorithm>

namespace heimdallr::replay {
namespace {

enum class Origin { kTick, kReplayed };

void Emit(const Block::Step& step, const Registers& before, Origin origin, ReplayResult& result) {
  for (const MemoryOperand& operand : step.instruction.memory()) {
    ++result.memory_operands;
    const auto address = EffectiveAddress(operand, before);
    if (const auto* reason = std::get_if<Reason>(&address)) {
      ++result.missing[static_cast<std::size_t>(*reason)];
      continue;
    }
    result.accesses.push_back({.ip = step.ip,
                               .address = std::get<std::uint64_t>(address),
                               .size_bytes = operand.size_bytes,
                               .kind = operand.kind,
                               .direct = origin == Origin::kTick});
  }
}

}  // namespace

void Replay(const BlockPosition& position, const Registers& registers, ReplayResult& result) {
  result.accesses.clear();
  result.missing.fill(0);
  result.memory_operands = 0;
  const std::vector<Block::Step>& steps = position.block->steps;

  Registers state = registers;
  for (std::size_t i = position.index; i-- > 0;) {
    Undo(steps[i].instruction.effects, state);
    Emit(steps[i], state, Origin::kReplayed, result);
  }
  std::reverse(result.accesses.begin(), result.accesses.end());

  state = registers;
  for (std::size_t i = position.index; i < steps.size(); ++i) {
    Emit(steps[i], state, i == position.index ? Origin::kTick : Origin::kReplayed, result);
    Apply(steps[i].instruction.effects, state);
  }
}

}  // namespace heimdallr::replay
