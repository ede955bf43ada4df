#include "report/code_table.h"

#include <utility>

#include <fmt/format.h>

#include "report/json_text.h"

namespace heimdallr::report {

std::uint32_t FrameTable::IdOf(std::string_view function, std::string_view file,
                               std::uint32_t line) {
  const Frame frame{strings_.IdOf(function), strings_.IdOf(file), line};
  const auto [entry, is_new] = ids_.try_emplace(frame, static_cast<std::uint32_t>(frames_.size()));
  if (is_new) frames_.push_back(frame);
  return entry->second;
}

void FrameTable::AppendTo(std::vector<std::uint32_t>& stack, const analysis::CodePlace& place,
                          const analysis::CodeNames& names) {
  const std::span<const CodeFrame> frames = names.FramesOf(place);
  if (frames.empty()) {
    stack.push_back(IdOf(names.NameOf(place, analysis::InlineLevel::kOutermost).function, "", 0));
  }
  for (std::size_t i = frames.size(); i-- > 0;) {
    stack.push_back(IdOf(frames[i].function, frames[i].file, frames[i].line));
  }
}

std::uint32_t StackTable::IdOf(std::vector<std::uint32_t> stack) {
  const auto [entry, is_new] =
      ids_.try_emplace(std::move(stack), static_cast<std::uint32_t>(stacks_.size()));
  if (is_new) stacks_.push_back(entry->first);
  return entry->second;
}

std::string PlaceText(const analysis::CodePlace& place, const analysis::ModuleMap& modules) {
  if (place.module == 0) return AddressText(place.offset);
  return fmt::format("{}+0x{:x}", analysis::FileName(modules.module(place.module).path),
                     place.offset);
}

}  // namespace heimdallr::report
