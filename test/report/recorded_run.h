// A recording in memory, to make reports of.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "analysis/record_source.h"
#include "report/report_input.h"

namespace heimdallr::report {

inline constexpr std::int32_t kPid = 100;
inline constexpr std::uint64_t kCode = 0x401000;

struct RecordedRun {
  TraceHeader header{.host = "host",
                     .page_size_bytes = 4096,
                     .pid = kPid,
                     .streams = {{.id = 1, .source = SourceKind::kPmu, .name = "loads"}},
                     .allocations = true};
  std::vector<Record> records;
  Symbols symbols;

  template <typename... Records>
  void Add(const Records&... more) {
    (records.push_back(more), ...);
  }
};

class RecordedSource : public analysis::RecordSource {
 public:
  explicit RecordedSource(const RecordedRun& run) : run_(run) {}

  [[nodiscard]] const TraceHeader& header() const override { return run_.header; }
  [[nodiscard]] absl::StatusOr<const Record*> Next() override {
    return next_ < run_.records.size() ? &run_.records[next_++] : nullptr;
  }
  [[nodiscard]] std::span<const std::uint64_t> Stack(std::uint32_t /*id*/) const override {
    return {};
  }
  [[nodiscard]] const Symbols& symbols() const override { return run_.symbols; }
  [[nodiscard]] const TraceExtent& extent() const override { return extent_; }
  [[nodiscard]] const std::optional<RecorderStatistics>& recorder_statistics() const override {
    return recorder_;
  }

 private:
  const RecordedRun& run_;
  std::size_t next_ = 0;
  TraceExtent extent_;
  std::optional<RecorderStatistics> recorder_;
};

/// `run` outlives what is returned.
inline ReportInput InputOf(const RecordedRun& run, ReportFilter filter = {}) {
  return {.name = "run",
          .open = [&run]() -> absl::StatusOr<std::unique_ptr<analysis::RecordSource>> {
            return std::make_unique<RecordedSource>(run);
          },
          .defect = {},
          .filter = std::move(filter)};
}

inline AccessRecord Access(std::uint64_t time_ns, std::uint64_t address,
                           AccessKind kind = AccessKind::kLoad, std::int32_t tid = kPid) {
  return {.time_ns = time_ns,
          .ip = kCode,
          .address = address,
          .tick = time_ns + 1,
          .period = 1,
          .pid = kPid,
          .tid = tid,
          .size = 8,
          .stream = 1,
          .kind = kind};
}

inline FaultRecord Fault(std::uint64_t time_ns, std::uint64_t address) {
  return {.time_ns = time_ns, .address = address, .pid = kPid, .tid = kPid};
}

inline AllocationRecord Malloc(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size,
                               std::uint64_t caller = kCode) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .caller = caller,
          .pid = kPid,
          .tid = kPid,
          .call = AllocationCall::kMalloc};
}

inline AllocationRecord Free(std::uint64_t time_ns, std::uint64_t address) {
  return {.time_ns = time_ns,
          .address = address,
          .pid = kPid,
          .tid = kPid,
          .call = AllocationCall::kFree,
          .event = AllocationEvent::kDeallocate};
}

}  // namespace heimdallr::report
