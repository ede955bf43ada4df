#include "cli/trace_profile.h"

#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "cli/file_state.h"

namespace heimdallr::cli {

bool HasAccesses(const TraceHeader& header) { return !header.streams.empty(); }

void MakeProfile(const TraceReader& reader, std::optional<analysis::AccessProfile>& profile) {
  profile.emplace(reader.header(), reader.symbols(),
                  [&reader](std::uint32_t id) { return reader.Stack(id); });
}

absl::StatusOr<std::unique_ptr<TraceProfile>> ProfileTrace(const std::string& path) {
  auto reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  if (!IsRegularFile(path)) {
    return absl::InvalidArgumentError(fmt::format(
        "trace '{}' is no regular file: accesses are joined to names that stand at its end, so "
        "save it to a file first",
        path));
  }
  auto result = std::make_unique<TraceProfile>();
  result->path = path;
  result->reader = std::make_unique<TraceReader>(*std::move(reader));
  MakeProfile(*result->reader, result->profile);
  auto record = result->reader->Next();
  for (; record.ok() && *record != nullptr; record = result->reader->Next()) {
    result->profile->Add(**record);
  }
  result->profile->Finish();
  result->defect = DefectOf(path, record.status(), result->reader->extent());
  return result;
}

}  // namespace heimdallr::cli
