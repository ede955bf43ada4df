// Stacks as text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "export/named_places.h"
#include "export/words.h"

namespace heimdallr::exports {

/// Appends a Printable name as one frame of a stack whose frames ";" parts.
void AppendFrame(std::string_view name, std::string& stack);

/// Frames of a chain of places (innermost first), outermost first, with inlined functions.
[[nodiscard]] std::string StackText(std::span<const std::uint32_t> chain, const NamedPlaces& places,
                                    const Words& words);

}  // namespace heimdallr::exports
