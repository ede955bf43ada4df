#include "cli/summary_text.h"

#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "cli/append.h"
#include "cli/plain_text.h"
#include "cli/profile_text.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using analysis::ProcessInfo;

constexpr std::size_t kProcessesShown = 10;
constexpr std::size_t kLongestCommandLine = 1000;

template <typename... Values>
void Line(fmt::memory_buffer& out, std::string_view label, fmt::format_string<Values...> format,
          Values&&... values) {
  Append(out, "{:<11} ", label);
  Append(out, format, std::forward<Values>(values)...);
  out.push_back('\n');
}

// As one would type it into a shell.
std::string Quoted(const std::string& argument) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!argument.empty() && argument.find_first_not_of(kSafe) == std::string::npos) return argument;
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandLine(const std::vector<std::string>& arguments) {
  std::string line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string next = base::Printable(Quoted(arguments[i]));
    if (i != 0 && line.size() + next.size() > kLongestCommandLine) {
      return line +
             fmt::format(" ... ({} in all)", Count(arguments.size() - 1, "argument", "arguments"));
    }
    line += (i == 0 ? "" : " ") + next;
  }
  return line;
}

std::string Moment(std::uint64_t realtime_ns) {
  const auto seconds = static_cast<std::time_t>(realtime_ns / 1'000'000'000);
  std::tm utc{};
  char text[32];
  if (gmtime_r(&seconds, &utc) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0) {
    return "at a time not known";
  }
  return text;
}

std::string Ending(const ProcessInfo& process) {
  if (!process.statistics) return process.exit_ns ? "ended" : "not seen to end";
  const StatisticsRecord& s = *process.statistics;
  if (s.exit_signal != 0) return fmt::format("killed by signal {}", s.exit_signal);
  if (s.exit_code >= 0) return fmt::format("exit status {}", s.exit_code);
  return process.exit_ns ? "ended" : "still running";
}

std::string Machine(const TraceHeader& header) {
  std::string text = base::Printable(header.host);
  if (!header.processor.empty()) text += fmt::format(": {}", base::Printable(header.processor));
  if (header.online_cpus != 0)
    text += fmt::format(", {}", Count(header.online_cpus, "CPU", "CPUs"));
  if (!header.kernel.empty()) {
    text += fmt::format(", {}{}", header.kernel.starts_with("Linux ") ? "" : "Linux ",
                        base::Printable(header.kernel));
  }
  return text;
}

std::string Recording(const TraceHeader& header) {
  const std::string moment =
      header.start_realtime_ns == 0 ? "at a time not known" : Moment(header.start_realtime_ns);
  const std::string version = base::Printable(header.tool_version);
  switch (header.origin) {
    case TraceOrigin::kImported:
      return fmt::format("{} by another tool; imported by heimdallr {}", moment, version);
    case TraceOrigin::kSynthetic:
      return fmt::format("never: SYNTHETIC, made by heimdallr {}", version);
    case TraceOrigin::kRecorded:
      break;
  }
  return fmt::format("{} by heimdallr {}{}", moment, version,
                     header.dry_run ? " as a dry run: neither sampled nor interposed" : "");
}

void AppendFirstProcess(const TraceSummary& summary, fmt::memory_buffer& out) {
  if (summary.header.origin == TraceOrigin::kImported) return;  // which one it was is not told
  const ProcessInfo* first = summary.statistics->processes().First(summary.header.pid);
  if (first == nullptr || !first->statistics) {
    Line(out, "Run", "process {}: its run statistics are not in the trace", summary.header.pid);
    return;
  }
  const StatisticsRecord& s = *first->statistics;
  Line(out, "Run", "process {}: {} after {}; {} user and {} system CPU time", first->pid,
       Ending(*first), Duration(s.wall_ns), Duration(s.user_ns), Duration(s.system_ns));
  Line(out, "", "{} peak resident memory; {} minor and {} major page faults; {}",
       Bytes(s.max_rss_bytes), Grouped(s.minor_faults), Grouped(s.major_faults),
       Count(first->threads, "thread", "threads"));
  if (s.source == StatisticsSource::kLastSeen) {
    Line(out, "", "(as last seen in /proc: lower bounds)");
  }
}

std::string Or(bool known, std::string text) { return known ? std::move(text) : "-"; }

void AppendOtherProcesses(const TraceSummary& summary, fmt::memory_buffer& out) {
  const std::size_t all = summary.statistics->processes().processes().size();
  const auto others = OtherProcesses(summary, kProcessesShown);
  if (others.empty()) return;
  Append(out, "\nPROCESSES   {} besides the first, most CPU time first\n",
         Count(all - 1, "process", "processes"));
  using enum Align;
  TextTable table({kRight, kLeft, kRight, kRight, kRight, kRight, kRight, kLeft});
  table.AddRow({"pid", "command", "wall", "user", "system", "peak RSS", "allocations", "ended"});
  for (const ProcessInfo* process : others) {
    const auto& s = process->statistics;
    const std::string command =
        process->command.empty() ? "(not known)" : base::Printable(process->command);
    table.AddRow({std::to_string(process->pid), command,
                  Or(s.has_value(), s ? Duration(s->wall_ns) : ""),
                  Or(s.has_value(), s ? Duration(s->user_ns) : ""),
                  Or(s.has_value(), s ? Duration(s->system_ns) : ""),
                  Or(s.has_value(), s ? Bytes(s->max_rss_bytes) : ""),
                  Grouped(process->allocations), Ending(*process)});
  }
  table.AppendTo(out, 2);
  if (all - 1 > others.size()) {
    Append(out, "  and {} more\n", Grouped(all - 1 - others.size()));
  }
}

}  // namespace

void AppendRunText(const TraceSummary& summary, fmt::memory_buffer& out) {
  const TraceHeader& header = summary.header;
  Line(out, "Trace", "{}: {}, {}, {}", base::Printable(summary.path),
       Bytes(summary.extent.file_bytes), Count(summary.extent.records, "record", "records"),
       summary.defect ? "NOT WHOLE (see the end)" : "whole");
  Line(out, "Command", "{}", CommandLine(header.command_line));
  if (!header.working_directory.empty()) {
    Line(out, "In folder", "{}", base::Printable(header.working_directory));
  }
  Line(out, "On", "{}", Machine(header));
  Line(out, "Recorded", "{}", Recording(header));
  if (const std::string memory = MemoryText(summary); !memory.empty()) {
    Line(out, "Memory", "{}", memory);
  }
  for (std::size_t i = 0; i < header.environment.size(); ++i) {
    Line(out, i == 0 ? "Environment" : "", "{}", base::Printable(header.environment[i]));
  }
  AppendFirstProcess(summary, out);
  AppendOtherProcesses(summary, out);
}

void AppendSummaryText(const TraceSummary& summary, fmt::memory_buffer& out) {
  AppendRunText(summary, out);
  AppendAccessText(summary, out);
  if (summary.tops) AppendTops(*summary.tops, out);
  AppendAllocationText(summary, out);
  AppendLossText(summary, out);
}

}  // namespace heimdallr::cli
