// Names of symbols as people write them.
#pragma once

#include <string>
#include <string_view>

namespace heimdallr::process {

/// The C++ name that `raw` stands for, or `raw` itself when it is no mangled name or is longer than
/// any compiler's (64 KiB).
[[nodiscard]] std::string Demangle(const std::string& raw);

/// A symbol's name without its version: "stdout" of "stdout@@GLIBC_2.2.5".
[[nodiscard]] std::string_view WithoutVersion(std::string_view name);

}  // namespace heimdallr::process
