// Object and code tables for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "analysis/profile_rows.h"
#include "cli/profile_figures.h"

namespace heimdallr::cli {

/// `all_rows`: how many there are, of which `rows` are the first.
void AppendObjectsText(const std::string& path, const std::vector<analysis::ObjectRow>& rows,
                       std::size_t all_rows, const ProfileFigures& figures,
                       fmt::memory_buffer& out);
void AppendCodeText(const std::string& path, const std::vector<analysis::CodeRow>& rows,
                    std::size_t all_rows, const ProfileFigures& figures, fmt::memory_buffer& out);

/// The part of the summary: the first rows of both.
void AppendTops(const ProfileTops& tops, fmt::memory_buffer& out);

/// At most `width` characters of printable `text`, what is too much taken out of its middle.
[[nodiscard]] std::string CutInTheMiddle(std::string_view text, std::size_t width);

/// "950", "12.3 k", "4.5 M": three digits or so.
[[nodiscard]] std::string Scaled(double value);

}  // namespace heimdallr::cli
