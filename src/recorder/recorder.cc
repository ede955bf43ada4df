#include "recorder/recorder.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "channel/abi.h"
#include "channel/channel.h"
#include "channel/clock_sync.h"
#include "process/held_process.h"
#include "process/threads.h"
#include "recorder/heap_probe.h"
#include "recorder/interposition.h"
#include "recorder/output_path.h"
#include "recorder/placement.h"
#include "recorder/recording_header.h"
#include "recorder/sampler.h"
#include "recorder/session.h"
#include "recorder/signals.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

std::string BaseName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool WantsAllocations(const RecorderOptions& options) {
  return !options.dry_run && options.allocations == AllocationTracing::kOn;
}

InterposerFit::Kind CheckFit(const RecorderOptions& options, std::vector<std::string>& warnings) {
  const auto executable = FindExecutable(options.command.front());
  if (!WantsAllocations(options) || !executable) return InterposerFit::Kind::kWorks;
  const InterposerFit fit = FitOfInterposer(*executable);
  if (fit.kind != InterposerFit::Kind::kWorks) {
    warnings.push_back(
        fmt::format("allocations of '{}' are not recorded: {}", *executable, fit.reason));
  }
  return fit.kind;
}

// Memory that is not where it was asked for would make a recording worth nothing.
absl::Status CheckHeapFits(const RecorderOptions& options, const AskedHeap& heap) {
  const auto executable = FindExecutable(options.command.front());
  if (!executable) return absl::OkStatus();
  const InterposerFit fit = FitOfInterposer(*executable);
  if (fit.kind == InterposerFit::Kind::kWorks) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("'{}' cannot be given the memory asked for ({}): {}. Nodes can be asked for with "
                  "every program (--memory node:N)",
                  *executable, heap.name, fit.reason));
}

absl::Status CheckHeap(const RecorderOptions& options, const WorkloadPlacement& placement,
                       const std::vector<std::string>& environment,
                       std::vector<std::string>& warnings) {
  RETURN_IF_ERROR(CheckHeapFits(options, *placement.heap));
  absl::Status served = TryHeap(*placement.heap, {.program = options.heap_probe,
                                                  .memory_library = options.memory_library,
                                                  .environment = environment,
                                                  .placement = placement.launch});
  const bool fallback = options.placement.no_room == NoRoom::kDefaultMemory;
  if (served.ok() || !fallback || served.code() != absl::StatusCode::kFailedPrecondition) {
    return served;
  }
  warnings.push_back(fmt::format("the fallback serves: {}", base::Message(served)));
  return absl::OkStatus();
}

// Also puts the recorder where it is to be.
absl::StatusOr<WorkloadPlacement> Place(const RecorderOptions& options,
                                        std::vector<std::string>& warnings) {
  ASSIGN_OR_RETURN(const Surroundings surroundings, LookAround());
  ASSIGN_OR_RETURN(WorkloadPlacement placement,
                   PlanPlacement(options.placement, surroundings, warnings));
  if (placement.heap) {
    RETURN_IF_ERROR(WithSource(CheckHeap(options, placement, surroundings.environment, warnings),
                               options.placement));
  }
  RETURN_IF_ERROR(RunOn(placement.recorder_cpus));
  return placement;
}

absl::StatusOr<channel::Channel> MakeChannel(const RecorderOptions& options,
                                             const WorkloadPlacement& placement,
                                             channel::ChannelClock clock,
                                             std::vector<std::string>& warnings) {
  const std::uint64_t records = std::bit_ceil(options.buffer_bytes / sizeof(channel::EventRecord));
  ASSIGN_OR_RETURN(channel::Channel channel,
                   channel::Channel::Create({.ring_records = static_cast<std::uint32_t>(records),
                                             .stack_depth = options.stack_depth,
                                             .clock = clock,
                                             .recorder_pid = getpid()}));
  if (placement.launch.memory_mode != 0) {
    const absl::Status status = KeepOutOfPolicies(channel);
    if (!status.ok()) warnings.emplace_back(base::Message(status));
  }
  return channel;
}

absl::StatusOr<trace::TraceWriter> MakeWriter(const RecorderOptions& options,
                                              const TraceHeader& header, const std::string& path) {
  const auto compression = options.compress ? trace::Compression::kZstd : trace::Compression::kNone;
  const auto overwrite = options.existing_file == ExistingFile::kReplace
                             ? trace::Overwrite::kReplace
                             : trace::Overwrite::kRefuse;
  return trace::TraceWriter::Create(path, header, compression, overwrite);
}

// Ends a child that was never released: it waits for its pipe, which HeldProcess's end closes.
class ChildGuard {
 public:
  explicit ChildGuard(std::optional<process::HeldProcess>& child) : child_(child) {}
  ChildGuard(const ChildGuard&) = delete;
  ChildGuard& operator=(const ChildGuard&) = delete;
  ~ChildGuard() {
    if (!child_) return;
    const pid_t pid = child_->pid();
    child_.reset();
    waitpid(pid, nullptr, 0);
  }

 private:
  std::optional<process::HeldProcess>& child_;
};

Preload WhatToPreload(const RecorderOptions& options, const WorkloadPlacement& placement,
                      const std::optional<channel::Channel>& channel) {
  Preload preload;
  // The interposer asks what stands behind it for memory, so it comes first.
  if (channel) {
    preload.libraries.push_back(options.preload_library);
    preload.settings.push_back(
        fmt::format("{}={}", channel::kEnvironmentVariable, channel->path()));
  }
  if (placement.heap) {
    preload.libraries.push_back(options.memory_library);
    preload.settings.push_back(
        fmt::format("{}={}", channel::kMemoryVariable, placement.heap->setting));
  }
  return preload;
}

absl::StatusOr<process::HeldProcess> StartChild(const RecorderOptions& options,
                                                const WorkloadPlacement& placement,
                                                const SignalGate& signals,
                                                const std::optional<channel::Channel>& channel) {
  std::vector<std::string> environment = CurrentEnvironment();
  const Preload preload = WhatToPreload(options, placement, channel);
  if (!preload.libraries.empty()) {
    ASSIGN_OR_RETURN(environment, InterposedEnvironment(std::move(environment), preload));
  }
  return process::HeldProcess::Start({.command = options.command,
                                      .environment = std::move(environment),
                                      .signal_mask = signals.original_mask(),
                                      .default_signals = signals.newly_ignored(),
                                      .ignored_signals = signals.no_longer_ignored(),
                                      .placement = placement.launch});
}

// A trace without a run. Not a device or pipe that was there before.
void RemoveTrace(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored)) std::filesystem::remove(path, ignored);
}

// Other users' processes, and those of the system, may be refused: then nothing is recorded.
absl::StatusOr<RecordingResult> RecordAttached(const RecorderOptions& options,
                                               const Machine& machine) {
  RecordingResult result;
  ASSIGN_OR_RETURN(SignalGate signals, SignalGate::Open());
  RETURN_IF_ERROR(RunOn(options.placement.recorder_cpus));
  ASSIGN_OR_RETURN(Sampler sampler,
                   Sampler::Attach(options, options.attach, machine, result.warnings));
  const pid_t first = options.attach.front();
  RecorderOptions described = options;
  described.command = process::CommandLineOf(first);
  ASSIGN_OR_RETURN(
      result.trace_path,
      ExpandOutputPattern(
          options.output,
          {.command = process::ThreadName(first, first), .host = HostName(), .pid = first}));
  TraceHeader header = MakeHeader(described, first, {});
  header.streams = sampler.streams();
  header.origin = machine.origin;
  std::error_code error;
  header.working_directory =
      std::filesystem::read_symlink(fmt::format("/proc/{}/cwd", first), error).string();
  ASSIGN_OR_RETURN(trace::TraceWriter writer, MakeWriter(options, header, result.trace_path));
  Session session({.writer = std::move(writer),
                   .sampler = std::move(sampler),
                   .channel = std::nullopt,
                   .clock = channel::ClockSync(channel::BestClock()),
                   .signals = signals,
                   .target = first,
                   .attached = options.attach,
                   .attached_for_ns = options.attach_for_ns,
                   .start_ns = header.start_monotonic_ns,
                   .max_overhead = options.max_overhead,
                   .page_nodes_ns = options.page_nodes_ns});
  if (const absl::Status status = session.Prepare(); !status.ok()) {
    RemoveTrace(result.trace_path);
    return status;
  }
  session.Run(result);
  return result;
}

}  // namespace

absl::StatusOr<RecordingResult> Record(const RecorderOptions& options, const Machine& machine) {
  if (!options.attach.empty()) return RecordAttached(options, machine);
  RecordingResult result;
  ASSIGN_OR_RETURN(SignalGate signals, SignalGate::Open());
  ASSIGN_OR_RETURN(const WorkloadPlacement placement, Place(options, result.warnings));
  const bool harmful = CheckFit(options, result.warnings) == InterposerFit::Kind::kHarmful;
  channel::ClockSync clock(channel::BestClock());
  std::optional<channel::Channel> channel;
  if (WantsAllocations(options) && !harmful) {
    ASSIGN_OR_RETURN(channel, MakeChannel(options, placement, clock.kind(), result.warnings));
  }
  std::optional<process::HeldProcess> child;
  const ChildGuard guard(child);
  ASSIGN_OR_RETURN(child, StartChild(options, placement, signals, channel));
  const pid_t pid = child->pid();
  ASSIGN_OR_RETURN(result.trace_path,
                   ExpandOutputPattern(
                       options.output,
                       {.command = BaseName(options.command[0]), .host = HostName(), .pid = pid}));
  Sampler sampler;
  if (!options.dry_run) {
    ASSIGN_OR_RETURN(sampler, Sampler::Open(options, pid, machine, result.warnings));
  }
  TraceHeader header = MakeHeader(options, pid, CurrentEnvironment());
  header.streams = sampler.streams();
  header.origin = machine.origin;
  header.allocations = channel.has_value();
  header.memories = result.memories = placement.memories;
  header.nodes = placement.nodes;
  ASSIGN_OR_RETURN(trace::TraceWriter writer, MakeWriter(options, header, result.trace_path));

  Session session({.writer = std::move(writer),
                   .sampler = std::move(sampler),
                   .channel = std::move(channel),
                   .clock = std::move(clock),
                   .signals = signals,
                   .target = pid,
                   .start_ns = header.start_monotonic_ns,
                   .target_is_untraced = harmful,
                   .tags = options.stack_depth != 0 ? AllocationStream::TagMeaning::kStack
                                                    : AllocationStream::TagMeaning::kCaller,
                   .max_overhead = options.max_overhead,
                   .page_nodes_ns = options.page_nodes_ns});
  if (const absl::Status status = session.Prepare(); !status.ok()) {
    RemoveTrace(result.trace_path);
    return status;
  }
  if (const absl::Status status = child->Release(); !status.ok()) {
    child.reset();  // it is gone, and has been waited for
    RemoveTrace(result.trace_path);
    result.workload = NotExecuted{status};
    return result;
  }
  child.reset();  // from here on its end is the session's business
  session.Run(result);
  return result;
}

}  // namespace heimdallr::recorder
