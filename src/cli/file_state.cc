#include "cli/file_state.h"

#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/plain_text.h"

namespace heimdallr::cli {

std::optional<std::string> DefectOf(const std::string& path, const absl::Status& end,
                                    const TraceExtent& extent) {
  if (!end.ok()) return base::Printable(base::Message(end));
  if (extent.cut) {
    return base::Printable(fmt::format(
        "trace '{}': it is good up to byte {} of {}, where a chunk is cut off: the recording or a "
        "copy of the file was cut short; the {} before are good",
        path, extent.good_bytes, extent.file_bytes, Count(extent.records, "record", "records")));
  }
  if (!extent.finished) {
    return base::Printable(fmt::format(
        "trace '{}': it has no end mark: heimdallr was killed or is still recording; the {} in its "
        "{} bytes are good",
        path, Count(extent.records, "record", "records"), extent.good_bytes));
  }
  return std::nullopt;
}

bool IsRegularFile(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

void PrintError(const std::string& message) {
  fmt::print(stderr, "trace-dump: {}\n", base::Printable(message));
}

}  // namespace heimdallr::cli
