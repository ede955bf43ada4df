// Bytes of the ring to typed records.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "perf/event.h"
#include "perf/records.h"
#include "perf/ring.h"

namespace heimdallr::perf {

/// What decides where each field of a record lies: the attributes its event was opened with.
struct SampleLayout {
  std::uint64_t sample_type = 0;
  std::uint64_t read_format = 0;
  std::uint64_t user_registers = 0;       ///< sample_regs_user
  std::uint64_t interrupt_registers = 0;  ///< sample_regs_intr
  std::uint64_t branch_sample_type = 0;
  bool sample_id_all = false;
};

[[nodiscard]] SampleLayout LayoutOf(const EventDescription& event);

/// Decodes one record of an event with this layout. DataLoss when the record is shorter than its
/// fields; bytes behind the fields are padding and no error. Types not known here come back as
/// UnknownRecord.
[[nodiscard]] absl::StatusOr<KernelRecord> Decode(const RawRecord& raw, const SampleLayout& layout);

/// Decodes records of several events that share a ring.
class Decoder {
 public:
  /// Adds an event by its id. Events of one ring all need PERF_SAMPLE_IDENTIFIER, which lies at a
  /// place that does not depend on the layout; a lone event does not.
  void Add(std::uint64_t event_id, const SampleLayout& layout);

  /// As the function of this name. DataLoss too when the event of a record is not known.
  [[nodiscard]] absl::StatusOr<KernelRecord> Decode(const RawRecord& raw) const;

 private:
  [[nodiscard]] const SampleLayout* Find(const RawRecord& raw) const;

  std::vector<std::pair<std::uint64_t, SampleLayout>> layouts_;  ///< by id
};

}  // namespace heimdallr::perf
