// Files that are something else than a trace.
#pragma once

#include <string_view>

namespace heimdallr::trace {

/// The file that begins with `bytes` (up to 64) may be a trace, as far as they go.
[[nodiscard]] bool MayBeTrace(std::string_view bytes);

/// What a file that is no trace seems to be, and what to do with it, as the rest of a sentence:
/// "is a gzip file; uncompress it first".
[[nodiscard]] std::string_view DescribeForeign(std::string_view bytes);

}  // namespace heimdallr::trace
