#include "replay/function_layout.h"

#include <algorithm>
#include <iterator>

namespace heimdallr::replay {

std::uint64_t FunctionLayout::LeaderOf(std::uint64_t ip) const {
  const auto next = std::upper_bound(leaders.begin(), leaders.end(), ip);
  return next == leaders.begin() ? range.start : *std::prev(next);
}

std::uint64_t FunctionLayout::NextLeader(std::uint64_t ip) const {
  const auto next = std::upper_bound(leaders.begin(), leaders.end(), ip);
  return next == leaders.end() ? decoded_end : std::min(*next, decoded_end);
}

FunctionLayout LayOut(const CodeRange& range, std::span<const std::byte> code,
                      const InstructionDecoder& decoder) {
  FunctionLayout layout{.range = range, .leaders = {range.start}, .decoded_end = range.start};
  const auto inside = [&](std::uint64_t address) {
    return address >= range.start && address < range.end;
  };
  while (layout.decoded_end < range.end) {
    const std::uint64_t ip = layout.decoded_end;
    const std::size_t offset = ip - range.start;
    if (offset >= code.size()) break;
    const auto decoded = decoder.Decode(code.subspan(offset), ip);
    const auto* instruction = std::get_if<Instruction>(&decoded);
    if (instruction == nullptr || instruction->length_bytes == 0) break;
    layout.decoded_end += instruction->length_bytes;
    if (instruction->flow == Flow::kNext || instruction->flow == Flow::kCall) continue;
    if (instruction->flow == Flow::kIndirectJump) layout.has_indirect_jump = true;
    if (instruction->target != 0 && inside(instruction->target)) {
      layout.leaders.push_back(instruction->target);
    }
    layout.leaders.push_back(layout.decoded_end);
  }
  std::sort(layout.leaders.begin(), layout.leaders.end());
  layout.leaders.erase(std::unique(layout.leaders.begin(), layout.leaders.end()),
                       layout.leaders.end());
  return layout;
}

}  // namespace heimdallr::replay
