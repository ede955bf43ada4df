// ARM's Statistical Profiling Extension on one CPU.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "channel/clock_sync.h"
#include "perf/aux_area.h"
#include "perf/decode.h"
#include "perf/open.h"
#include "perf/records.h"
#include "perf/ring.h"

namespace heimdallr::recorder {

class LossLedger;

/// Its samples are not in records of the ring, which tell only where in the AUX area the processor
/// has put them. So it has a ring of its own, which the events of all tasks share.
class SpeSource {
 public:
  /// With the first event, not mapped yet. Errors are those of PerfRing::Map and AuxArea::Map.
  [[nodiscard]] static absl::StatusOr<SpeSource> Make(perf::Event first,
                                                      const perf::System& system);
  /// One more, of the same CPU.
  absl::Status Add(perf::Event event);

  absl::Status Enable();
  /// An event that is switched off makes the processor tell what it has. It does so by itself when
  /// its area fills up, and mostly when its thread leaves the CPU.
  absl::Status Disable();

  /// Hands out all records: samples with the time, thread and period that the trace needs.
  /// `counter` converts the generic timer's counts.
  void Read(const channel::ClockSync& counter, LossLedger& losses,
            const std::function<void(perf::KernelRecord)>& sink);

  /// At the end: samples of which no record of the ring told, as it was full.
  void CountUntold(LossLedger& losses);

  [[nodiscard]] bool HasWork() const { return ring_.WaitingBytes() != 0; }
  /// Becomes readable when half of the area is full.
  [[nodiscard]] int wakeup_fd() const { return events_.front().fd(); }
  [[nodiscard]] std::size_t area_bytes() const { return area_.bytes(); }
  static constexpr std::size_t kAreaBytes = 1U << 20;  // samples have 64 bytes

 private:
  // Who has the CPU from a moment on.
  struct Running {
    std::uint64_t time_ns = 0;
    std::int32_t pid = 0;
    std::int32_t tid = 0;
  };

  SpeSource(perf::PerfRing ring, perf::AuxArea area);
  void OnSwitch(std::uint16_t misc, const perf::Origin& origin);
  void SetThread(perf::SampleRecord& sample) const;
  void ReadArea(const perf::AuxRecord& told, const channel::ClockSync& counter, LossLedger& losses,
                const std::function<void(perf::KernelRecord)>& sink);
  void CountUntil(std::uint64_t offset, LossLedger& losses);
  [[nodiscard]] std::uint64_t PeriodOf(std::uint64_t event_id) const;

  perf::PerfRing ring_;
  perf::AuxArea area_;
  perf::Decoder decoder_;
  std::vector<perf::Event> events_;  // the first owns the ring
  std::uint64_t read_until_ = 0;     // offset in the area
  std::vector<Running> ran_;         // since the last piece, in order of time
};

}  // namespace heimdallr::recorder
