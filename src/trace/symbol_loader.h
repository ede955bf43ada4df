// The symbols of a trace before its records.
#pragma once

#include <optional>
#include <string>

#include "heimdallr/symbols.h"

namespace heimdallr::trace {

/// Reads the symbols by way of the footer. Nothing for a pipe, a file without a footer, or one that
/// is damaged there - which whoever reads it from its start will find in its place.
[[nodiscard]] std::optional<Symbols> LoadSymbols(const std::string& path);

}  // namespace heimdallr::trace
