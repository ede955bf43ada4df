// The state of a sweep as JSON, for people, programs and `--resume`.
#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "sweep/state.h"

namespace heimdallr::sweep {

/// The text of `sweep.json`. Bytes that are no UTF-8, as names of files may have, become U+FFFD.
[[nodiscard]] std::string ToJson(const SweepState& state);

/// Reads what ToJson has written. InvalidArgument says what is damaged, or that a newer version
/// wrote it.
[[nodiscard]] absl::StatusOr<SweepState> FromJson(std::string_view text);

}  // namespace heimdallr::sweep
