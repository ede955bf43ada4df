#include "export/named_places.h"

namespace heimdallr::exports {

using analysis::CodeName;
using analysis::InlineLevel;

std::uint32_t NamedPlaces::IdOf(const analysis::CodePlace& place) {
  const auto [entry, is_new] = ids_.try_emplace(place, static_cast<std::uint32_t>(places_.size()));
  if (!is_new) return entry->second;
  NamedPlace& named = places_.emplace_back(NamedPlace{.place = place});
  const CodeName name = names_.NameOf(place, InlineLevel::kInnermost);
  named.module = words_.IdOf(name.module);
  for (const CodeFrame& frame : names_.FramesOf(place)) {
    const std::string& function = frame.function.empty() ? name.function : frame.function;
    named.lines.push_back({words_.IdOf(function), words_.IdOf(frame.file), frame.line});
  }
  if (named.lines.empty()) named.lines.push_back({.function = words_.IdOf(name.function)});
  return entry->second;
}

}  // namespace heimdallr::exports
