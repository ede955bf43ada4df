#include "cli/trace_profile.h"

#include <cstdint>
#include <utility>

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
