#include "export/frame_text.h"

#include <algorithm>
#include <iterator>

namespace heimdallr::exports {

void AppendFrame(std::string_view name, std::string& stack) {
  if (!stack.empty()) stack += ';';
  std::replace_copy(name.begin(), name.end(), std::back_inserter(stack), ';', ':');
}

std::string StackText(std::span<const std::uint32_t> chain, const NamedPlaces& places,
                      const Words& words) {
  std::string stack;
  for (auto place = chain.rbegin(); place != chain.rend(); ++place) {
    const auto& lines = places[*place].lines;
    for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
      AppendFrame(words.text(line->function), stack);
    }
  }
  return stack;
}

}  // namespace heimdallr::exports
