#include "cli/record_command.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "cli/doctor_command.h"
#include "cli/doctor_workload.h"
#include "cli/events_command.h"
#include "cli/preload_path.h"
#include "cli/program_log.h"
#include "cli/record_options.h"
#include "cli/recording_summary.h"
#include "cli/sweep_command.h"
#include "recorder/recorder.h"
#include "sweep/run_report.h"

namespace heimdallr::cli {
namespace {

using recorder::Ended;
using recorder::NotExecuted;
using recorder::RecordingResult;

constexpr int kRecordingFailed = 125;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
// A tick costs 10 to 50 us where it leaves a virtual machine.
constexpr std::uint64_t kRiskyPeriodNs = 200'000;

int ExitStatus(const Ended& run, const absl::Status& trace_status) {
  if (run.signal != 0) return 128 + run.signal;
  if (run.exit_code != 0) return run.exit_code;
  return trace_status.ok() ? 0 : kRecordingFailed;
}

// Tells a sweep, if one has started this process, how it went.
class SweepReport {
 public:
  // Takes the argument that a sweep puts first.
  explicit SweepReport(std::vector<std::string>& arguments) {
    const std::string_view mark = sweep::kReportArgument;
    if (arguments.empty() || !arguments.front().starts_with(mark)) return;
    const std::string number = arguments.front().substr(mark.size());
    arguments.erase(arguments.begin());
    std::from_chars(number.data(), number.data() + number.size(), fd_);
    // Not for the workload.
    fcntl(fd_, F_SETFD, FD_CLOEXEC);
    // It was started as /proc/self/exe.
    prctl(PR_SET_NAME, "heimdallr");
  }

  void Failed(std::string_view why) const {
    if (fd_ >= 0) sweep::Tell(fd_, sweep::FailureLine(why));
  }
  void Failed(const absl::Status& status) const { Failed(base::Message(status)); }
  void WorkloadEnded(const Ended& run) const {
    if (fd_ < 0) return;
    sweep::Tell(fd_, run.signal != 0 ? sweep::SignalledLine(run.signal, run.wall_ns)
                                     : sweep::ExitedLine(run.exit_code, run.wall_ns));
  }

 private:
  int fd_ = -1;
};

int Report(const RecordingResult& result, const SweepReport& sweep) {
  for (const std::string& warning : result.warnings) spdlog::warn("{}", warning);
  if (const auto* failure = std::get_if<NotExecuted>(&result.workload)) {
    spdlog::error("{}", base::Message(failure->reason));
    sweep.Failed(failure->reason);
    return failure->reason.code() == absl::StatusCode::kNotFound ? kNotFound : kNotExecutable;
  }
  const auto* ended = std::get_if<Ended>(&result.workload);
  if (ended != nullptr) sweep.WorkloadEnded(*ended);
  if (!result.trace_status.ok()) {
    spdlog::error("{}", base::Message(result.trace_status));
    sweep.Failed(result.trace_status);
  }
  if (!result.rate.failure.empty()) {
    spdlog::warn("the sampling rate is not what it should be: {}", result.rate.failure);
  }
  for (const std::string& line : SummaryLines(result)) spdlog::info("{}", line);
  for (const std::string& line : LossDetails(result)) spdlog::debug("{}", line);
  return ExitStatus(ended != nullptr ? *ended : Ended(), result.trace_status);
}

// Said before the workload starts, for it may never come to its end.
void WarnOfRisk(const recorder::RecorderOptions& options) {
  const bool clock = options.source == recorder::SourceChoice::kAuto ||
                     options.source == recorder::SourceChoice::kClock;
  const std::uint64_t period_ns = recorder::PeriodNs(options);
  if (options.max_overhead > 0 || options.dry_run || !clock || period_ns >= kRiskyPeriodNs) return;
  spdlog::warn(
      "a sample every {} us and no limit to what that costs: it can slow the workload many times "
      "over, and freeze it on a virtual machine. Leave out '--max-overhead 0' to be safe.",
      static_cast<double>(period_ns) / 1000);
}

// Where what is loaded into the workload is, as far as it is needed.
absl::Status FindFiles(recorder::RecorderOptions& options) {
  if (!options.attach.empty()) return absl::OkStatus();
  if (options.allocations == recorder::AllocationTracing::kOn && !options.dry_run) {
    ASSIGN_OR_RETURN(options.preload_library, FindPreloadLibrary());
  }
  const topology::MemorySpec& memory = options.placement.memory;
  if (memory.kind.empty() && memory.folder.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(HeapFiles files, FindHeapFiles());
  options.memory_library = std::move(files.library);
  options.heap_probe = std::move(files.probe);
  return absl::OkStatus();
}

absl::StatusOr<RecordingResult> FindAndRecord(recorder::RecorderOptions& options) {
  RETURN_IF_ERROR(FindFiles(options));
  return recorder::Record(options);
}

int RunRecording(RecordCommand command, const SweepReport& sweep) {
  SetUpLog(command.verbosity);
  WarnOfRisk(command.options);
  const auto result = FindAndRecord(command.options);
  if (!result.ok()) {
    spdlog::error("{}", base::Message(result.status()));
    sweep.Failed(result.status());
    return kRecordingFailed;
  }
  return Report(*result, sweep);
}

}  // namespace

int HeimdallrMain(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // A program of that name is recorded behind "--".
  if (!arguments.empty() && arguments.front() == "sweep") {
    return SweepMain({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && arguments.front() == "doctor") {
    return DoctorMain({arguments.begin() + 1, arguments.end()});
  }
  if (!arguments.empty() && arguments.front() == "events") {
    return EventsMain({arguments.begin() + 1, arguments.end()});
  }
  if (arguments.size() == 2 && arguments.front() == kDoctorWorkload) {
    return RunDoctorWorkload(arguments.back());
  }
  const SweepReport sweep(arguments);
  auto parsed = ParseRecordCommand(arguments);
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::fputs(print->output.c_str(), stdout);
    std::fputs(print->error.c_str(), stderr);
    sweep.Failed(std::string_view(print->error).substr(0, print->error.find('\n')));
    return print->exit_status;
  }
  return RunRecording(std::get<RecordCommand>(std::move(parsed)), sweep);
}

}  // namespace heimdallr::cli
