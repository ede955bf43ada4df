// Lists of processors and of memory nodes, as the kernel writes them: "0-3,8".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::topology {

/// No number in a list is larger: far beyond what any kernel has of nodes or processors.
inline constexpr std::uint32_t kMaxListedNumber = 65'535;

/// Reads numbers and ranges with commas between them, and blanks around all; ascending, each once.
/// Empty text is an empty list. InvalidArgument ends a sentence: "'x' is no list such as 0-3,8".
[[nodiscard]] absl::StatusOr<std::vector<std::uint32_t>> ParseNumberList(std::string_view text);

/// The shortest text that ParseNumberList reads as `numbers`, which ascend: "0-3,8".
[[nodiscard]] std::string FormatNumberList(const std::vector<std::uint32_t>& numbers);

}  // namespace heimdallr::topology
