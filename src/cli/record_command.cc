#include "cli/record_command.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/syscall_error.h"
#include "cli/preload_path.h"
#include "cli/record_options.h"
#include "cli/recording_summary.h"
#include "recorder/recorder.h"

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

void SetUpLog(Verbosity verbosity) {
  auto log = spdlog::stderr_logger_st("heimdallr");
  log->set_pattern("heimdallr: %v");
  using spdlog::level::level_enum;
  log->set_level(verbosity == Verbosity::kQuiet     ? level_enum::warn
                 : verbosity == Verbosity::kVerbose ? level_enum::debug
                                                    : level_enum::info);
  spdlog::set_default_logger(std::move(log));
}

int ExitStatus(const Ended& run, const absl::Status& trace_status) {
  if (run.signal != 0) return 128 + run.signal;
  if (run.exit_code != 0) return run.exit_code;
  return trace_status.ok() ? 0 : kRecordingFailed;
}

int Report(const RecordingResult& result) {
  for (const std::string& warning : result.warnings) spdlog::warn("{}", warning);
  if (const auto* failure = std::get_if<NotExecuted>(&result.workload)) {
    spdlog::error("{}", base::Message(failure->reason));
    return failure->reason.code() == absl::StatusCode::kNotFound ? kNotFound : kNotExecutable;
  }
  if (!result.trace_status.ok()) spdlog::error("{}", base::Message(result.trace_status));
  if (!result.rate.failure.empty()) {
    spdlog::warn("the sampling rate is not what it should be: {}", result.rate.failure);
  }
  for (const std::string& line : SummaryLines(result)) spdlog::info("{}", line);
  for (const std::string& line : LossDetails(result)) spdlog::debug("{}", line);
  return ExitStatus(std::get<Ended>(result.workload), result.trace_status);
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

int RunRecording(RecordCommand command) {
  SetUpLog(command.verbosity);
  WarnOfRisk(command.options);
  if (command.options.allocations == recorder::AllocationTracing::kOn && !command.options.dry_run) {
    auto library = FindPreloadLibrary();
    if (!library.ok()) {
      spdlog::error("{}", base::Message(library.status()));
      return kRecordingFailed;
    }
    command.options.preload_library = *std::move(library);
  }
  const auto result = recorder::Record(command.options);
  if (!result.ok()) {
    spdlog::error("{}", base::Message(result.status()));
    return kRecordingFailed;
  }
  return Report(*result);
}

}  // namespace

int HeimdallrMain(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto parsed = ParseRecordCommand(arguments);
  if (const auto* print = std::get_if<PrintAndExit>(&parsed)) {
    std::fputs(print->output.c_str(), stdout);
    std::fputs(print->error.c_str(), stderr);
    return print->exit_status;
  }
  return RunRecording(std::get<RecordCommand>(std::move(parsed)));
}

}  // namespace heimdallr::cli
