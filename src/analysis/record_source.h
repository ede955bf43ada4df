// Where records come from: a trace file, or a database that holds one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "heimdallr/trace_header.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr::analysis {

/// One recording, read from its start to its end. The members mean what they mean in TraceReader,
/// but symbols are always known from the start.
class RecordSource {
 public:
  virtual ~RecordSource() = default;

  [[nodiscard]] virtual const TraceHeader& header() const = 0;
  [[nodiscard]] virtual absl::StatusOr<const Record*> Next() = 0;
  [[nodiscard]] virtual std::span<const std::uint64_t> Stack(std::uint32_t id) const = 0;
  [[nodiscard]] virtual const Symbols& symbols() const = 0;
  [[nodiscard]] virtual const TraceExtent& extent() const = 0;
  [[nodiscard]] virtual const std::optional<RecorderStatistics>& recorder_statistics() const = 0;
};

/// Begins a recording anew, for what needs to read it more than once.
using OpenRecords = std::function<absl::StatusOr<std::unique_ptr<RecordSource>>()>;

}  // namespace heimdallr::analysis
