// Stacks as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "export/named_places.h"
#include "export/words.h"

namespace heimdallr::exports {

/// Appends a Printable name as one frame of a stack whose frames ";" parts.
void AppendFrame(std::string_view name, std::string& stack);

/// A stack is cut to about so many bytes: some readers of CSV take no field above 128 KiB.
inline constexpr std::size_t kLongestStack = 64 << 10;

/// Frames of a chain of places (innermost first), outermost first, with inlined functions. Of a
/// stack that is too long the outer frames are "...".
[[nodiscard]] std::string StackText(std::span<const std::uint32_t> chain, const NamedPlaces& places,
                                    const Words& words);

}  // namespace heimdallr::exports
