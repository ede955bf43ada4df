#include "cli/open_records.h"

#include <array>
#include <fstream>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/file_state.h"
#include "cli/recording_files.h"
#include "heimdallr/trace_reader.h"
#include "store/recording_list.h"

namespace heimdallr::cli {
namespace {

class TraceFile : public analysis::RecordSource {
 public:
  explicit TraceFile(TraceReader reader) : reader_(std::move(reader)) {}

  const TraceHeader& header() const override { return reader_.header(); }
  absl::StatusOr<const Record*> Next() override { return reader_.Next(); }
  std::span<const std::uint64_t> Stack(std::uint32_t id) const override {
    return reader_.Stack(id);
  }
  const Symbols& symbols() const override { return reader_.symbols(); }
  const TraceExtent& extent() const override { return reader_.extent(); }
  const std::optional<RecorderStatistics>& recorder_statistics() const override {
    return reader_.recorder_statistics();
  }

 private:
  TraceReader reader_;
};

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenTraceStream(const std::string& path) {
  auto reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  return std::make_unique<TraceFile>(*std::move(reader));
}

}  // namespace

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenTrace(const std::string& path) {
  auto trace = OpenTraceStream(path);
  if (!trace.ok() || IsRegularFile(path)) return trace;
  return absl::InvalidArgumentError(fmt::format(
      "trace '{}' is no regular file: accesses are joined to names that stand at its end, so save "
      "it to a file first",
      path));
}

bool IsDatabaseFile(const std::string& path) {
  if (!IsRegularFile(path)) return false;  // what is read of a pipe is gone
  std::array<char, 16> first{};
  std::ifstream file(path, std::ios::binary);
  file.read(first.data(), first.size());
  return store::IsDatabase({first.data(), static_cast<std::size_t>(file.gcount())});
}

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRecording(
    const std::string& path, const RecordingChoice& choice) {
  if (!IsRegularFile(path)) return OpenTrace(path);
  return OpenStream(path, choice);
}

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenStream(const std::string& path,
                                                                   const RecordingChoice& choice) {
  if (IsDatabaseFile(path)) {
    return store::OpenRun(path, {.run = choice.run, .repetition = choice.repetition});
  }
  auto trace = OpenTraceStream(path);
  if (!trace.ok() || !choice.run) return trace;
  const store::RecordingName name = NameOfRecording(path, (*trace)->header());
  if (name.run == *choice.run) return trace;
  return absl::InvalidArgumentError(fmt::format(
      "trace '{}' is the run '{}', not '{}': leave --run out", path, name.run, *choice.run));
}

void AddChoiceOptions(CLI::App& app, RecordingChoice& choice) {
  app.add_option("--run", choice.run,
                 "Of a database: this run; may be left out if there is only one")
      ->option_text("ID");
  app.add_option("--repetition", choice.repetition,
                 "Of a database: this repetition of the run (the first that is there whole)")
      ->option_text("N");
}

std::string RecordingTitle(const std::string& path, const RecordingChoice& choice) {
  if (!choice.run) return path;
  std::string title = fmt::format("{} (run {}", path, *choice.run);
  if (choice.repetition) title += fmt::format(", repetition {}", *choice.repetition);
  return title + ")";
}

}  // namespace heimdallr::cli
