#include "replay/function_layout.h"

#include <algorithm>
#include <deque>
#include <iterator>

namespace heimdallr::replay {

std::uint64_t FunctionLayout::LeaderOf(std::uint64_t ip) const {
  const auto next = std::upper_bound(leaders.begin(), leaders.end(), ip);
  return next == leaders.begin() ? range.start : *std::prev(next);
}

std::uint64_t FunctionLayout::WayTo(std::uint64_t leader, std::uint64_t max_bytes) const {
  const auto entry = std::upper_bound(entries.begin(), entries.end(), leader);
  if (entry == entries.begin()) return leader;
  const std::uint64_t earliest = leader - std::min(leader, max_bytes);
  const auto start =
      std::lower_bound(leaders.begin(), leaders.end(), std::max(*std::prev(entry), earliest));
  return start == leaders.end() ? leader : std::min(*start, leader);
}

std::uint64_t FunctionLayout::NextLeader(std::uint64_t ip) const {
  const auto next = std::upper_bound(leaders.begin(), leaders.end(), ip);
  return next == leaders.end() ? decoded_end : std::min(*next, decoded_end);
}

namespace {

// One pass over the code of a function.
class Pass {
 public:
  Pass(const CodeRange& range, FunctionLayout& layout) : range_(range), layout_(layout) {}

  void Add(std::uint64_t ip, const Instruction& instruction) {
    window_.push_back({ip, instruction});
    if (const auto constant = ConstantOf(instruction)) constants_.push_back(*constant);
    if (window_.size() > JumpTable::kWindow) window_.pop_front();
    const std::uint64_t next = ip + instruction.length_bytes;
    if (instruction.flow == Flow::kNext || instruction.flow == Flow::kCall) return;
    if (instruction.flow == Flow::kIndirectJump) AddIndirectJump();
    if (instruction.target != 0) AddTarget(instruction.target);
    // What follows a branch that is not taken is a leader, but nothing jumps there.
    layout_.leaders.push_back(next);
    if (instruction.flow == Flow::kBranch) return;
    layout_.entries.push_back(next);
    window_.clear();
  }

  void ReadTables(const MemoryReader& read) {
    for (const JumpTable& table : tables_) {
      if (!ReadTable(table, read)) layout_.has_indirect_jump = true;
    }
    // A bound that can be bypassed is none.
    std::sort(targets_.begin(), targets_.end());
    for (const JumpTable& table : tables_) {
      const auto between = std::upper_bound(targets_.begin(), targets_.end(), table.comparison);
      if (between != targets_.end() && *between <= table.jump) layout_.has_indirect_jump = true;
    }
  }

 private:
  void AddIndirectJump() {
    const auto table = FindJumpTable(window_);
    if (table) {
      tables_.push_back(*table);
    } else {
      layout_.has_indirect_jump = true;
    }
  }

  // A base that was set long before, outside a loop, is any of the constants its register gets in
  // the function: too many leaders do no harm. One that leads nowhere in the function is no table,
  // or not filled in yet by the loader.
  bool ReadTable(const JumpTable& table, const MemoryReader& read) {
    bool found = false;
    const auto add = [&](std::uint64_t base) {
      const auto targets = ReadTargets(table, base, read);
      if (!targets) return;
      for (const std::uint64_t target : *targets) found |= AddTarget(target);
    };
    if (table.base == Register::kNone) add(0);
    for (const Constant& constant : constants_) {
      if (table.base != Register::kNone && constant.target == table.base) add(constant.value);
    }
    return found;
  }

  // Returns whether it is in the function.
  bool AddTarget(std::uint64_t target) {
    if (target < range_.start || target >= range_.end) return false;
    targets_.push_back(target);
    layout_.leaders.push_back(target);
    layout_.entries.push_back(target);
    return true;
  }

  const CodeRange& range_;
  FunctionLayout& layout_;
  std::deque<PlacedInstruction> window_;
  std::vector<Constant> constants_;
  std::vector<JumpTable> tables_;
  std::vector<std::uint64_t> targets_;
};

}  // namespace

FunctionLayout LayOut(const CodeRange& range, std::span<const std::byte> code,
                      const InstructionDecoder& decoder, const MemoryReader& read) {
  FunctionLayout layout{.range = range,
                        .leaders = {range.start},
                        .entries = {range.start},
                        .decoded_end = range.start};
  Pass pass(range, layout);
  while (layout.decoded_end < range.end) {
    const std::uint64_t ip = layout.decoded_end;
    const std::size_t offset = ip - range.start;
    if (offset >= code.size()) break;
    const auto decoded = decoder.Decode(code.subspan(offset), ip);
    const auto* instruction = std::get_if<Instruction>(&decoded);
    if (instruction == nullptr || instruction->length_bytes == 0) break;
    layout.decoded_end += instruction->length_bytes;
    pass.Add(ip, *instruction);
  }
  pass.ReadTables(read);
  for (std::vector<std::uint64_t>* places : {&layout.leaders, &layout.entries}) {
    std::sort(places->begin(), places->end());
    places->erase(std::unique(places->begin(), places->end()), places->end());
  }
  return layout;
}

}  // namespace heimdallr::replay
