// Object and code tables as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "analysis/profile_rows.h"
#include "cli/json_writer.h"
#include "cli/profile_figures.h"

namespace heimdallr::cli {

/// One object and a line end: trace, by, unit, totals, unmatched, objects.
void AppendObjectsJson(const std::string& path, std::string_view by,
                       const std::vector<analysis::ObjectRow>& rows, const ProfileFigures& figures,
                       fmt::memory_buffer& out);

/// One object and a line end: trace, by, unit, totals, code.
void AppendCodeJson(const std::string& path, std::string_view by,
                    const std::vector<analysis::CodeRow>& rows, const ProfileFigures& figures,
                    fmt::memory_buffer& out);

/// The rows alone, as an array called `key`.
void AppendObjects(const std::vector<analysis::ObjectRow>& rows, const ProfileFigures& figures,
                   std::string_view key, JsonWriter& json);
void AppendCode(const std::vector<analysis::CodeRow>& rows, const ProfileFigures& figures,
                std::string_view key, JsonWriter& json);

}  // namespace heimdallr::cli
