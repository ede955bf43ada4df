// What a report is made of, and how large it may become.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "analysis/record_source.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr::report {

/// Half-open range [begin, end).
struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] bool Holds(std::uint64_t value) const { return value >= begin && value < end; }
};

/// Which accesses and page faults are in the report. What is absent or empty lets all through.
struct ReportFilter {
  std::optional<Interval> time_ns;
  std::optional<Interval> address;
  std::vector<std::string> objects;  ///< parts of the name or site of an object; one must occur

  [[nodiscard]] bool any() const { return time_ns || address || !objects.empty(); }
};

/// One recording.
struct ReportInput {
  std::string name;            ///< for people: its file or run
  analysis::OpenRecords open;  ///< read two or three times, with equal records each time
  /// What is wrong with a recording that was read until `end` (an error, or OK), in one line.
  std::function<std::optional<std::string>(const absl::Status& end, const TraceExtent& extent)>
      defect;
  ReportFilter filter;
};

struct ReportLimits {
  std::uint64_t samples = 10'000'000;     ///< of all runs; of more, a stratified sample is taken
  std::uint64_t file_bytes = 95'000'000;  ///< what samples may take of the page, as base64
  std::size_t chunk_samples = 524'288;
  std::size_t objects = 50'000;
  std::size_t quiet_objects = 2'000;  ///< of these, blocks that were never accessed
  std::size_t faults = 200'000;
};

}  // namespace heimdallr::report
