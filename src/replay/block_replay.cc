#include "replay/block_replay.h"

#include <algorithm>
#include <variant>

namespace heimdallr::replay {
namespace {

// Calls `visit(index, registers before it)` for each step that can be reached from `position`: back
// to the start, then forward from the position itself.
template <typename Visit>
void WalkBack(const std::vector<Block::Step>& steps, std::size_t position, Registers state,
              Visit visit) {
  for (std::size_t i = position; i-- > 0;) {
    const Effects& effects = steps[i].instruction.effects;
    if (!effects.none()) Undo(effects, state);
    visit(i, state);
  }
}

template <typename Visit>
void WalkForward(const std::vector<Block::Step>& steps, std::size_t position, Registers state,
                 Visit visit) {
  for (std::size_t i = position; i < steps.size(); ++i) {
    visit(i, state);
    const Effects& effects = steps[i].instruction.effects;
    if (!effects.none()) Apply(effects, state);
  }
}

enum class Origin { kTick, kReplayed };

void Emit(const Block::Step& step, const Registers& before, Origin origin, ReplayResult& result) {
  const auto operands = step.instruction.memory();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const MemoryOperand& operand = operands[i];
    ++result.memory_operands;
    const auto address = EffectiveAddress(operand, before);
    if (const auto* reason = std::get_if<Reason>(&address)) {
      ++result.missing[static_cast<std::size_t>(*reason)];
      continue;
    }
    const auto vantage_points = std::max<std::uint16_t>(step.vantage_points[i], 1);
    result.accesses.push_back({.ip = step.ip,
                               .address = std::get<std::uint64_t>(address),
                               .weight = 1.0F / static_cast<float>(vantage_points),
                               .size_bytes = operand.size_bytes,
                               .kind = operand.kind,
                               .direct = origin == Origin::kTick});
  }
}

// Only which are known matters here; a count of one lets repeated instructions run.
Registers AllKnown() {
  Registers registers;
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(Register::kGsBase); ++i) {
    registers.Set(static_cast<Register>(i), 1);
  }
  return registers;
}

}  // namespace

void Replay(const BlockPosition& position, const Registers& registers, ReplayResult& result) {
  result.accesses.clear();
  result.missing.fill(0);
  result.memory_operands = 0;
  const std::vector<Block::Step>& steps = position.block->steps;
  WalkBack(steps, position.index, registers, [&](std::size_t i, const Registers& before) {
    Emit(steps[i], before, Origin::kReplayed, result);
  });
  std::reverse(result.accesses.begin(), result.accesses.end());
  WalkForward(steps, position.index, registers, [&](std::size_t i, const Registers& before) {
    Emit(steps[i], before, i == position.index ? Origin::kTick : Origin::kReplayed, result);
  });
}

void CountVantagePoints(Block& block, Direction direction) {
  const auto count = [&](std::size_t i, const Registers& before) {
    Block::Step& step = block.steps[i];
    const auto operands = step.instruction.memory();
    for (std::size_t operand = 0; operand < operands.size(); ++operand) {
      const auto address = EffectiveAddress(operands[operand], before);
      const auto* reason = std::get_if<Reason>(&address);
      // One that does not run this time is seen as well.
      if (reason == nullptr || *reason == Reason::kNoIteration) ++step.vantage_points[operand];
    }
  };
  const Registers known = AllKnown();
  for (std::size_t i = 0; i < block.steps.size(); ++i) {
    WalkForward(block.steps, i, known, count);
    if (direction == Direction::kBothWays) WalkBack(block.steps, i, known, count);
  }
}

}  // namespace heimdallr::replay
