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
#include "channel/channel.h"
#include "channel/clock_sync.h"
#include "process/held_process.h"
#include "recorder/interposition.h"
#include "recorder/output_path.h"
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

absl::StatusOr<std::optional<channel::Channel>> MakeChannel(const RecorderOptions& options,
                                                            bool interpose,
                                                            channel::ChannelClock clock) {
  if (!interpose) return std::nullopt;
  const std::uint64_t records = std::bit_ceil(options.buffer_bytes / sizeof(channel::EventRecord));
  ASSIGN_OR_RETURN(channel::Channel made,
                   channel::Channel::Create({.ring_records = static_cast<std::uint32_t>(records),
                                             .stack_depth = options.stack_depth,
                                             .clock = clock,
                                             .recorder_pid = getpid()}));
  return std::optional<channel::Channel>(std::move(made));
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

}  // namespace

absl::StatusOr<RecordingResult> Record(const RecorderOptions& options) {
  RecordingResult result;
  ASSIGN_OR_RETURN(SignalGate signals, SignalGate::Open());

  const bool harmful = CheckFit(options, result.warnings) == InterposerFit::Kind::kHarmful;
  const bool interpose = WantsAllocations(options) && !harmful;
  channel::ClockSync clock(channel::BestClock());
  ASSIGN_OR_RETURN(auto channel, MakeChannel(options, interpose, clock.kind()));
  std::vector<std::string> environment = CurrentEnvironment();
  if (channel) {
    ASSIGN_OR_RETURN(environment, InterposedEnvironment(std::move(environment),
                                                        options.preload_library, channel->path()));
  }

  std::optional<process::HeldProcess> child;
  const ChildGuard guard(child);
  ASSIGN_OR_RETURN(child,
                   process::HeldProcess::Start({.command = options.command,
                                                .environment = environment,
                                                .signal_mask = signals.original_mask(),
                                                .default_signals = signals.newly_ignored()}));
  const pid_t pid = child->pid();
  ASSIGN_OR_RETURN(result.trace_path,
                   ExpandOutputPattern(
                       options.output,
                       {.command = BaseName(options.command[0]), .host = HostName(), .pid = pid}));
  Sampler sampler;
  if (!options.dry_run) {
    ASSIGN_OR_RETURN(sampler, Sampler::Open(options, pid, result.warnings));
  }
  TraceHeader header = MakeHeader(options, pid, CurrentEnvironment());
  header.streams = sampler.streams();
  header.allocations = interpose;
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
                                                    : AllocationStream::TagMeaning::kCaller});
  RETURN_IF_ERROR(session.Prepare());
  if (const absl::Status status = child->Release(); !status.ok()) {
    child.reset();
    std::error_code ignored;
    if (std::filesystem::is_regular_file(result.trace_path, ignored)) {
      std::filesystem::remove(result.trace_path, ignored);
    }
    result.workload = NotExecuted{status};
    return result;
  }
  child.reset();  // from here on its end is the session's business
  session.Run(result);
  return result;
}

}  // namespace heimdallr::recorder
