#include "replay/block_replay.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace heimdallr::replay {
namespace {

using States = std::vector<Registers>;

// Longer blocks take one walk: finding out what two would see takes time by the square.
constexpr std::size_t kMaxStepsForTwoWalks = 64;

// Calls `visit(index, registers before it)` for each step from `first` to before `position`, the
// last one first.
template <typename Visit>
void WalkBack(const Block& block, std::size_t first, std::size_t position, Registers state,
              Visit visit) {
  for (std::size_t i = position; i-- > first;) {
    const Effects& effects = block.steps[i].instruction.effects;
    if (!effects.none()) Undo(effects, state);
    visit(i, state);
  }
}

// The same with more known, the first one first: back to what ran before the block, and from there
// forward again, which gives values that were computed from others and overwritten since.
template <typename Visit>
void WalkBackAndForth(const Block& block, std::size_t position, const Registers& registers,
                      States& states, Visit visit) {
  const std::size_t before = block.prologue.size();
  const auto effects = [&](std::size_t i) -> const Effects& {
    return i < before ? block.prologue[i] : block.steps[i - before].instruction.effects;
  };
  states.assign(before + position + 1, registers);
  for (std::size_t i = states.size() - 1; i-- > 0;) {
    states[i] = states[i + 1];
    Undo(effects(i), states[i]);
  }
  for (std::size_t i = 0; i < before + position; ++i) {
    if (i >= before) visit(i - before, states[i]);
    Registers next = states[i];
    Apply(effects(i), next);
    states[i + 1].Learn(next);
  }
}

template <typename Visit>
void WalkForward(const Block& block, std::size_t position, Registers state, Visit visit) {
  for (std::size_t i = position; i < block.steps.size(); ++i) {
    visit(i, state);
    const Effects& effects = block.steps[i].instruction.effects;
    if (!effects.none()) Apply(effects, state);
  }
}

enum class Origin { kTick, kReplayed };

// Whether an event that counts accesses of one kind counts this one.
bool IsCounted(const MemoryOperand& operand, AccessKind counts) {
  const auto bits = [](AccessKind kind) { return static_cast<unsigned>(kind); };
  return (bits(operand.kind) & bits(counts)) != 0;
}

void Emit(Block::Step& step, const Registers& before, Origin origin, AccessKind counts,
          ReplayResult& result) {
  const auto operands = step.instruction.memory();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const MemoryOperand& operand = operands[i];
    if (IsCounted(operand, counts)) continue;
    ++result.memory_operands;
    const auto address = EffectiveAddress(operand, before);
    if (const auto* reason = std::get_if<Reason>(&address)) {
      ++result.missing[static_cast<std::size_t>(*reason)];
      continue;
    }
    result.accesses.push_back({.ip = step.ip,
                               .address = std::get<std::uint64_t>(address),
                               .weight = std::exchange(step.owed[i], 0.0F),
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

// Whether the operand is seen: its address is known. One that does not run this time is seen, too.
bool IsSeen(const MemoryOperand& operand, const Registers& before) {
  const auto address = EffectiveAddress(operand, before);
  const auto* reason = std::get_if<Reason>(&address);
  return reason == nullptr || *reason == Reason::kNoIteration;
}

// Which operands a tick sees: a bit for each, by step.
using Seen = std::vector<std::uint8_t>;

void Look(const Block& block, std::size_t i, const Registers& before, Seen& seen) {
  const auto operands = block.steps[i].instruction.memory();
  for (std::size_t operand = 0; operand < operands.size(); ++operand) {
    if (IsSeen(operands[operand], before)) seen[i] |= static_cast<std::uint8_t>(1U << operand);
  }
}

// Whether a tick at `position` sees more of the past by two walks.
bool SeesMoreByTwo(const Block& block, std::size_t position, States& states) {
  const Registers known = AllKnown();
  Seen one(block.steps.size());
  WalkBack(block, 0, position, known,
           [&](std::size_t i, const Registers& before) { Look(block, i, before, one); });
  Seen two(block.steps.size());
  WalkBackAndForth(block, position, known, states,
                   [&](std::size_t i, const Registers& before) { Look(block, i, before, two); });
  return two != one;
}

// How many of what is counted a run of the block makes.
std::size_t CountedInARun(const Block& block, AccessKind counts) {
  if (counts == AccessKind::kUnknown) return block.steps.size();
  std::size_t count = 0;
  for (const Block::Step& step : block.steps) {
    for (const MemoryOperand& operand : step.instruction.memory()) {
      count += IsCounted(operand, counts) ? 1 : 0;
    }
  }
  return std::max<std::size_t>(count, 1);
}

// The share of one run of the block that a tick stands for goes to every operand.
void Owe(Block& block, AccessKind counts) {
  const float share = 1.0F / static_cast<float>(CountedInARun(block, counts));
  for (Block::Step& step : block.steps) {
    for (std::size_t i = 0; i < step.instruction.memory().size(); ++i) step.owed[i] += share;
  }
}

// Where it is not known which instructions ran before the tick, each tick is for itself. An operand
// n steps ahead counts 2^-(n+1): over the ticks of straight code each operand comes to between a
// half and one run, wherever the code began.
void OweAhead(Block& block) {
  float share = 0.5F;
  for (Block::Step& step : block.steps) {
    step.owed.fill(share);
    share /= 2;
  }
}

}  // namespace

void Replay(const BlockPosition& position, const Registers& registers, ReplayResult& result,
            SampledAs sampled) {
  result.accesses.clear();
  result.missing.fill(0);
  result.memory_operands = 0;
  Block& block = *position.block;
  const auto emit = [&](std::size_t i, const Registers& before) {
    const Origin origin = i == position.index ? Origin::kTick : Origin::kReplayed;
    Emit(block.steps[i], before, origin, sampled.counts, result);
  };
  // The registers are those before this step, or behind the last.
  const std::size_t next = position.index + (sampled.has_run ? 1 : 0);
  if (block.start == Block::Start::kUnknown) {
    OweAhead(block);
  } else {
    Owe(block, sampled.counts);
  }
  const bool knows_start = block.start == Block::Start::kKnown;
  if (knows_start && block.steps[position.index].two_walks) {
    WalkBackAndForth(block, next, registers, result.states, emit);
  } else {
    WalkBack(block, knows_start ? 0 : position.index, next, registers, emit);
    std::reverse(result.accesses.begin(), result.accesses.end());
  }
  WalkForward(block, next, registers, emit);
}

void Prepare(Block& block) {
  if (block.start != Block::Start::kKnown || block.steps.size() > kMaxStepsForTwoWalks) return;
  States states;
  for (std::size_t i = 0; i < block.steps.size(); ++i) {
    block.steps[i].two_walks = SeesMoreByTwo(block, i, states);
  }
}

}  // namespace heimdallr::replay
