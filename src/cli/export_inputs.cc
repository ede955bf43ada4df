#include "cli/export_inputs.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/recording_files.h"
#include "store/recording_list.h"

namespace heimdallr::cli {
namespace {

absl::Status AddDatabase(const std::string& path, const std::optional<std::string>& run,
                         std::vector<ExportInput>& inputs) {
  auto recordings = store::ListRecordings(path);
  if (!recordings.ok()) return recordings.status();
  const std::size_t before = inputs.size();
  for (const store::Repetition& recording : *recordings) {
    if (recording.content != store::Content::kWhole) continue;
    if (run && recording.name.run != *run) continue;
    const RecordingChoice choice{.run = recording.name.run, .repetition = recording.name.number};
    inputs.push_back({.path = path,
                      .choice = choice,
                      .run = recording.name.run,
                      .repetition = recording.name.number,
                      .title = RecordingTitle(path, choice)});
  }
  if (inputs.size() != before) return absl::OkStatus();
  return absl::NotFoundError(
      run ? fmt::format("database '{}' has no run '{}' with its records", path, *run)
          : fmt::format("database '{}' has no recording with its records", path));
}

absl::Status AddTrace(const std::string& path, const std::optional<std::string>& run,
                      std::vector<ExportInput>& inputs) {
  const RecordingChoice choice{.run = run, .repetition = std::nullopt};
  auto source = OpenRecording(path, choice);
  if (!source.ok()) return source.status();
  const store::RecordingName name = NameOfRecording(path, (*source)->header());
  inputs.push_back({.path = path,
                    .choice = choice,
                    .run = name.run,
                    .repetition = std::max<std::uint64_t>(name.number, 1),
                    .title = path});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<ExportInput>> ExportInputs(const std::vector<std::string>& paths,
                                                      const std::optional<std::string>& run) {
  auto files = TraceFiles(paths);
  if (!files.ok()) return files.status();
  std::vector<ExportInput> inputs;
  for (const std::string& file : *files) {
    const absl::Status status =
        IsDatabaseFile(file) ? AddDatabase(file, run, inputs) : AddTrace(file, run, inputs);
    if (!status.ok()) return status;
  }
  return inputs;
}

}  // namespace heimdallr::cli
