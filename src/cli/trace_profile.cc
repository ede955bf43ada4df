#include "cli/trace_profile.h"

#include <cstdint>
#include <utility>

#include "cli/file_state.h"

namespace heimdallr::cli {

bool HasAccesses(const TraceHeader& header) { return !header.streams.empty(); }

void MakeProfile(const analysis::RecordSource& source,
                 std::optional<analysis::AccessProfile>& profile) {
  profile.emplace(source.header(), source.symbols(),
                  [&source](std::uint32_t id) { return source.Stack(id); });
}

absl::StatusOr<std::unique_ptr<TraceProfile>> ProfileTrace(const std::string& path,
                                                           const RecordingChoice& choice) {
  auto source = OpenRecording(path, choice);
  if (!source.ok()) return source.status();
  auto result = std::make_unique<TraceProfile>();
  result->path = RecordingTitle(path, choice);
  result->source = *std::move(source);
  MakeProfile(*result->source, result->profile);
  auto record = result->source->Next();
  for (; record.ok() && *record != nullptr; record = result->source->Next()) {
    result->profile->Add(**record);
  }
  result->profile->Finish();
  result->defect = DefectOf(result->path, record.status(), result->source->extent());
  return result;
}

}  // namespace heimdallr::cli
