#include "export/frame_text.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace heimdallr::exports {

void AppendFrame(std::string_view name, std::string& stack) {
  if (!stack.empty()) stack += ';';
  std::replace_copy(name.begin(), name.end(), std::back_inserter(stack), ';', ':');
}

std::string StackText(std::span<const std::uint32_t> chain, const NamedPlaces& places,
                      const Words& words) {
  std::vector<std::uint32_t> frames;  // innermost first
  std::size_t bytes = 0;
  bool cut = false;
  for (const std::uint32_t place : chain) {
    for (const NamedLine& line : places[place].lines) {
      bytes += words.text(line.function).size() + 1;
      cut = cut || (bytes > kLongestStack && !frames.empty());
      if (!cut) frames.push_back(line.function);
    }
  }
  std::string stack = cut ? "..." : "";
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    AppendFrame(words.text(*frame), stack);
  }
  return stack;
}

}  // namespace heimdallr::exports
