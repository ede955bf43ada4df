// One recording while the workload runs: the loop that moves events into the trace.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"
#include "channel/channel.h"
#include "channel/clock_sync.h"
#include "recorder/address_spaces.h"
#include "recorder/allocation_stream.h"
#include "recorder/kernel_stream.h"
#include "recorder/loss_ledger.h"
#include "recorder/page_watch.h"
#include "recorder/process_tracker.h"
#include "recorder/rate_control.h"
#include "recorder/recorder.h"
#include "recorder/sampler.h"
#include "recorder/signals.h"
#include "recorder/symbol_collector.h"
#include "recorder/thread_pointers.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {

/// Everything a recording needs, opened.
struct SessionParts {
  trace::TraceWriter writer;
  Sampler sampler;
  std::optional<channel::Channel> channel;  // none: allocations are not recorded
  channel::ClockSync clock;
  SignalGate& signals;
  pid_t target = 0;  // that was launched; unless `attached` names others
  std::vector<pid_t> attached;
  std::uint64_t attached_for_ns = 0;  // RecorderOptions::attach_for_ns
  std::uint64_t start_ns = 0;         // CLOCK_MONOTONIC that is time 0 of the trace
  bool target_is_untraced = false;    // its allocations were asked for and cannot be had
  AllocationStream::TagMeaning tags = AllocationStream::TagMeaning::kCaller;
  double max_overhead = 0;          // RecorderOptions::max_overhead
  std::uint64_t page_nodes_ns = 0;  // RecorderOptions::page_nodes_ns
};

/// Runs until the target has ended. Not movable: its parts refer to each other.
class Session {
 public:
  explicit Session(SessionParts parts);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Prepares to wait for events. Before the target is released.
  absl::Status Prepare();

  /// Drains until the target has ended and everything it produced is in the trace. Nothing that
  /// goes wrong here ends the workload; see RecordingResult::trace_status.
  void Run(RecordingResult& result);

 private:
  void WaitForEvents();
  bool TargetEnded(RecordingResult& result);
  bool AttachedEnded(RecordingResult& result);
  absl::Status BeginAttached();
  void Drain();
  void PopUntil(std::uint64_t time_ns);
  void DoPeriodicWork();
  void WritePlacements();
  void DrainTheRest();
  void Finish(RecordingResult& result);

  [[nodiscard]] std::uint64_t Relative(std::uint64_t monotonic_ns) const {
    return monotonic_ns > parts_.start_ns ? monotonic_ns - parts_.start_ns : 0;
  }

  SessionParts parts_;
  LossLedger losses_;
  AddressSpaces spaces_;
  ProcessTracker processes_;
  SymbolCollector symbols_;
  ThreadPointers thread_pointers_;
  KernelStream kernel_;
  AllocationStream allocations_;
  RateControl rate_;
  std::optional<PageWatch> pages_;
  base::UniqueFd epoll_;

  std::uint64_t released_ns_ = 0;
  std::uint64_t previous_drain_ns_ = 0;
  std::uint64_t popped_until_ns_ = 0;  // CLOCK_MONOTONIC; of the kernel's records
  std::uint64_t last_drain_events_ = 0;
  bool fine_waits_ = true;     // the kernel waits for less than a millisecond
  std::uint64_t wait_ns_ = 0;  // before the next drain, unless a ring fills up
  std::uint64_t next_round_ns_ = 0;
  std::uint64_t next_reap_ns_ = 0;
  std::uint64_t next_page_report_ns_ = 0;  // processes to look at
  std::uint64_t placements_ = 0;
  absl::Status trace_status_;
};

}  // namespace heimdallr::recorder
