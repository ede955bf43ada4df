// The kernel side of a recording: the events of every CPU, their rings, their records in order.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "channel/clock_sync.h"
#include "heimdallr/trace_header.h"
#include "perf/decode.h"
#include "perf/merge_queue.h"
#include "perf/open.h"
#include "perf/records.h"
#include "perf/ring.h"
#include "recorder/event_plan.h"
#include "recorder/governor.h"
#include "recorder/machine.h"
#include "recorder/options.h"
#include "recorder/spe_source.h"

namespace heimdallr::recorder {

class LossLedger;

/// Samples a process that is held before its exec, and all it becomes and starts. On each CPU one
/// ring takes the records of all events.
class Sampler {
 public:
  /// Opens what `options` asks for. With SourceChoice::kAuto, what the kernel refuses is left out
  /// and said in `warnings`; what was asked for by name is an error.
  /// `machine` outlives the sampler.
  [[nodiscard]] static absl::StatusOr<Sampler> Open(const RecorderOptions& options, pid_t pid,
                                                    const Machine& machine,
                                                    std::vector<std::string>& warnings);

  /// The same for processes that run already: each of their threads, and those that come. Sampling
  /// begins with Start, but of streams of whole CPUs (IsOfAll) at once. NotFound when one of `pids`
  /// is not there, or no thread is left of them.
  [[nodiscard]] static absl::StatusOr<Sampler> Attach(const RecorderOptions& options,
                                                      const std::vector<pid_t>& pids,
                                                      const Machine& machine,
                                                      std::vector<std::string>& warnings);
  /// Of what was attached.
  absl::Status Start();

  [[nodiscard]] const std::vector<StreamInfo>& streams() const { return streams_; }
  /// The stream of that id, which is of StreamOf.
  [[nodiscard]] const PlannedStream& planned(std::uint8_t stream) const {
    return planned_[stream - 1U];
  }

  /// Whether the kernel reports processes and mappings.
  [[nodiscard]] bool has_metadata() const { return !cpus_.empty(); }

  /// Descriptors that become readable when a ring fills up.
  [[nodiscard]] std::vector<int> wakeup_fds() const;

  /// The periods of the stream that is governed; it begins with that of step `start`. Nothing when
  /// no stream is.
  [[nodiscard]] const std::optional<PeriodPlan>& period_plan() const { return period_plan_; }
  /// `StreamInfo::id` of the stream that is governed; 0 = none.
  [[nodiscard]] std::uint8_t governed_stream() const { return governed_stream_; }

  /// Samples the governed stream at a step of its plan from now on, in every process and thread.
  /// Errors are those of ioctl(2); the other CPUs are switched all the same.
  absl::Status UseStep(std::size_t step);

  /// Stream of an event id; 0 when it is none of ours or carries no samples.
  [[nodiscard]] std::uint8_t StreamOf(std::uint64_t event_id) const;

  /// Whether samples of the stream may be of programs that nobody asked for.
  [[nodiscard]] bool IsOfAll(std::uint8_t stream) const { return of_all_.contains(stream); }

  /// Whether the rings or the queue hold anything.
  [[nodiscard]] bool HasWork() const;

  /// Moves everything in the rings to the queue. Damaged records are counted.
  void ReadRings(LossLedger& losses);

  /// How long a sample may stay where ReadRings does not see it, unless Flush is called.
  [[nodiscard]] bool holds_back() const;
  /// Makes samples that the processor holds back come with the next ReadRings: of SPE, and where
  /// it may hand over many at one interrupt.
  void Flush();
  /// The same, and no more are taken.
  void Stop();

  /// Hands out what is queued up to a time of CLOCK_MONOTONIC, in order. Pass the time taken before
  /// the last but one ReadRings: nothing earlier can still come.
  template <typename Sink>
  void PopUntil(std::uint64_t time_ns, Sink&& sink) {
    queue_.PopUntil(time_ns, sink);
  }

  /// At the end: what the kernel says was lost beyond `counted`: it only tells of a loss when there
  /// is room again.
  void CountFinalLosses(std::uint64_t counted, LossLedger& losses);

 private:
  struct Cpu {
    std::vector<perf::Event> metadata;  // of each task; the first owns the ring
    perf::PerfRing ring;
    std::optional<perf::ClockConversion> conversion;  // the last that the kernel told
    std::optional<SpeSource> spe;
    perf::Decoder decoder;
    // Of the governed stream, by step of the plan, of each task; only one step is enabled. The
    // kernel gives a new period to an event but not to the copies that threads have inherited
    // (PERF_EVENT_IOC_PERIOD), whereas switching on and off reaches them all.
    std::vector<std::vector<perf::Event>> steps;
    std::vector<perf::Event> others;
  };
  // When events begin to count.
  enum class Begin { kAtExec, kWhenStarted };
  // Whose times the records have. Any other than the kernel's own clock makes the processor
  // interrupt for each sample.
  enum class EventClock { kMonotonic, kPerf };

  [[nodiscard]] static absl::StatusOr<std::vector<RecorderOptions>> WaysTo(
      const RecorderOptions& options, const Machine& machine);
  [[nodiscard]] static absl::StatusOr<Sampler> TryAll(
      const RecorderOptions& options, const Machine& machine, std::vector<std::string>& warnings,
      const std::function<absl::StatusOr<Sampler>(const RecorderOptions&)>& open);
  [[nodiscard]] static absl::StatusOr<Sampler> OpenAsPlanned(const RecorderOptions& options,
                                                             pid_t pid, const Machine& machine,
                                                             std::vector<std::string>& warnings);
  [[nodiscard]] static absl::StatusOr<Sampler> AttachAsPlanned(const RecorderOptions& options,
                                                               const std::vector<pid_t>& pids,
                                                               const Machine& machine,
                                                               std::vector<std::string>& warnings);
  absl::Status Plan(const RecorderOptions& options, const Machine& machine);
  [[nodiscard]] absl::StatusOr<perf::Event> OpenEvent(perf::EventDescription description,
                                                      perf::Target target) const;
  [[nodiscard]] perf::EventDescription Stamped(perf::EventDescription description) const;
  absl::Status OpenRing(const RecorderOptions& options, perf::EventDescription metadata_event,
                        perf::Target target);
  absl::Status OpenCpu(const RecorderOptions& options, perf::Target target);
  absl::Status AddTask(perf::Target target, Begin begin, Cpu& cpu);
  absl::Status AddGoverned(const perf::EventDescription& description, perf::Target target,
                           Begin begin, Cpu& cpu);
  absl::Status AddStream(const PlannedStream& stream, perf::Target target, Begin begin, Cpu& cpu);
  [[nodiscard]] absl::StatusOr<perf::Event> OpenOfAll(perf::EventDescription description,
                                                      perf::Target target) const;
  absl::Status AddSpe(const PlannedEvent& planned, std::uint8_t stream, perf::Target target,
                      Begin begin, Cpu& cpu);
  absl::Status AttachTasks(const RecorderOptions& options, const std::vector<pid_t>& pids);
  absl::StatusOr<bool> AttachThreadsOf(const RecorderOptions& options, pid_t pid,
                                       const std::vector<int>& cpus);
  absl::Status AttachFirst(const RecorderOptions& options, pid_t tid, const std::vector<int>& cpus);
  absl::Status AttachNext(pid_t tid);
  absl::Status Keep(perf::Event event, std::uint8_t stream, Cpu& cpu,
                    std::vector<perf::Event>& events);
  void AppendWarnings(const RecorderOptions& options, std::vector<std::string>& warnings) const;
  void ReadRing(Cpu& cpu, LossLedger& losses);
  void SwitchHoldingBack(bool on_again);
  void Queue(perf::KernelRecord record);
  void StartCounter();
  template <typename Sink>
  static void ReadCounts(const Cpu& cpu, Sink&& sink);
  void CountMultiplexed(LossLedger& losses) const;

  const Machine* machine_ = &RealMachine();
  EventClock clock_ = EventClock::kMonotonic;
  std::optional<channel::ClockSync> counter_;  // where records have its stamps
  std::vector<Cpu> cpus_;
  std::vector<PlannedStream> planned_;
  std::vector<StreamInfo> streams_;
  std::optional<PeriodPlan> period_plan_;
  std::uint8_t governed_stream_ = 0;
  std::unordered_map<std::uint64_t, std::uint8_t> stream_of_event_;
  std::unordered_set<std::uint8_t> of_all_;  // streams of whole CPUs
  // Of what was attached: threads that are sampled, by events of their own or those of the thread
  // that made them.
  std::unordered_set<pid_t> attached_;
  perf::MergeQueue<perf::KernelRecord> queue_;
};

}  // namespace heimdallr::recorder
