// Formatted text at the end of a buffer.
#pragma once

#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace heimdallr::cli {

template <typename... Values>
void Append(fmt::memory_buffer& out, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
}

}  // namespace heimdallr::cli
