// Keeps the cost of sampling within the budget while the workload runs: what it costs is measured,
// the governor decides, the sampler obeys, the trace says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "recorder/governor.h"
#include "recorder/rate_history.h"
#include "recorder/tick_cost.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

class Sampler;

/// Called by the loop that drains the rings. Not thread-safe; borrows what it is given.
class RateControl {
 public:
  /// Without a stream to govern everything here does nothing.
  RateControl(Sampler& sampler, trace::TraceWriter& writer, double budget);

  /// The workload is about to start, at `trace_ns` in the trace.
  void Begin(std::uint64_t now_ns, std::uint64_t trace_ns);

  /// Before what a drain does for samples; `now_ns` is CLOCK_MONOTONIC.
  void StartDrain(std::uint64_t now_ns);
  /// Does a part of it, counting its CPU time in some of the drains.
  template <typename Work>
  void Meter(Work&& work) {
    if (!metering_) return work();
    const std::uint64_t start_ns = ThreadCpuNs();
    work();
    drain_ns_ += ThreadCpuNs() - start_ns;
  }
  /// After it: `records` of the kernel were handled; `samples` of the governed stream there have
  /// been in all. Drains that handled anything else say nothing about the cost of samples:
  /// processes and mappings come at any rate.
  void EndDrain(std::uint64_t records, std::uint64_t samples);

  /// Once a second, or when more is known, measures and decides.
  void Govern(std::uint64_t now_ns, std::uint64_t trace_ns);

  [[nodiscard]] RateHistory history() const;

 private:
  [[nodiscard]] static std::uint64_t ThreadCpuNs();
  [[nodiscard]] SamplingCost TakeCost();
  void Change(std::uint64_t now_ns, std::uint64_t trace_ns);
  void Confirm(std::uint64_t now_ns);
  void UseStep();
  void WritePeriod(std::uint64_t trace_ns);

  Sampler& sampler_;
  trace::TraceWriter& writer_;
  std::optional<Governor> governor_;
  std::optional<TickCost> tick_cost_;  // once the workload has run for a while

  std::uint64_t begin_ns_ = 0;
  std::uint64_t next_ns_ = 0;        // of the next decision
  std::uint64_t known_cost_ns_ = 0;  // of a tick, as the governor was told last
  // When to switch to the step in force once more; none = no need to.
  std::optional<std::uint64_t> confirm_ns_;
  bool last_confirmation_ = false;

  bool metering_ = false;  // this drain
  std::uint64_t next_metering_ns_ = 0;
  std::uint64_t drain_ns_ = 0;  // in this drain
  std::uint64_t metered_ns_ = 0;
  std::uint64_t metered_samples_ = 0;
  std::uint64_t samples_ = 0;       // in all
  std::uint64_t samples_told_ = 0;  // of them, those the governor knows of

  // Since the last record of the trace.
  double cost_ns_ = 0;
  double cpu_ns_ = 0;
  std::uint64_t changes_ = 0;
  std::uint64_t slowest_period_ = 0;
  std::string failure_;
};

}  // namespace heimdallr::recorder
