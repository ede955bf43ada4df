#include "cli/open_records.h"

#include <utility>

#include <fmt/format.h>

#include "cli/file_state.h"
#include "heimdallr/trace_reader.h"

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

}  // namespace

absl::StatusOr<std::unique_ptr<analysis::RecordSource>> OpenRecording(const std::string& path) {
  auto reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  if (!IsRegularFile(path)) {
    return absl::InvalidArgumentError(fmt::format(
        "trace '{}' is no regular file: accesses are joined to names that stand at its end, so "
        "save it to a file first",
        path));
  }
  return std::make_unique<TraceFile>(*std::move(reader));
}

}  // namespace heimdallr::cli
