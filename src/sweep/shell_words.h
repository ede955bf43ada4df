// A command line in one string, as people quote it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::sweep {

/// The words of `line`, as a POSIX shell splits them (2.2 Quoting): blanks apart, '...' as it is,
/// "..." with a backslash before `$`, `` ` ``, `"`, `\` and the end of a line, a backslash before
/// any other character. Nothing is expanded: `$HOME` and `*` stay. InvalidArgument for a quote that
/// is not closed, a backslash at the end, no word at all, and for what a shell would not take as
/// part of a word (`|`, `&`, `;`, `<`, `>`, `(`, `)`): that needs `sh -c '...'`.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> SplitShellWords(std::string_view line);

/// The words as a line that splits into them again, with quotes where they are needed.
[[nodiscard]] std::string JoinShellWords(const std::vector<std::string>& words);

}  // namespace heimdallr::sweep
