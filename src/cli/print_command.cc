#include "cli/print_command.h"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/open_records.h"
#include "cli/output.h"
#include "cli/record_context.h"
#include "cli/record_filter.h"
#include "cli/record_json.h"
#include "cli/record_text.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kName = "trace-dump print";
constexpr const char* kExamples = R"(
Times are seconds since the start of the recording. A range takes in its start but not its end.
Examples:
  trace-dump print --type allocation,deallocation --pid 4711 solver.4711.htrace
  trace-dump print --json --time 1.5:2 --address 0x7f0000000000:0x7f0000010000 FILE | jq .)";

enum class Format { kText, kJson };

// The options as they stand on the command line.
struct PrintOptions {
  std::string path;
  RecordingChoice choice;
  bool json = false;
  std::string time;
  std::string address;
  std::vector<std::string> pids;
  std::vector<std::string> tids;
  std::vector<std::string> types;
  std::optional<std::uint64_t> limit;
};

void AddOptions(CLI::App& app, PrintOptions& options) {
  app.add_option("FILE", options.path, "Trace file or database")->required();
  AddChoiceOptions(app, options.choice);
  app.add_flag("--json", options.json, "One JSON object a line");
  app.add_option("--time", options.time,
                 "Only records of this time, in seconds; either end may "
                 "be left out")
      ->option_text("A:B");
  app.add_option("--address", options.address,
                 "Only accesses, page faults, blocks and mappings in this range of\n"
                 "addresses, decimal or 0x...; either end may be left out")
      ->option_text("A:B");
  const auto add_list = [&app](const char* name, std::vector<std::string>& values,
                               const std::string& description, const char* text) {
    app.add_option(name, values, description)
        ->option_text(text)
        ->delimiter(',')
        ->allow_extra_args(false)
        ->take_all();
  };
  add_list("--pid", options.pids, "Only these processes; may be repeated", "PID,...");
  add_list("--tid", options.tids, "Only these threads; may be repeated", "TID,...");
  add_list("--type", options.types, "Only records of these types, of\n" + TypeNames(), "TYPE,...");
  app.add_option("--limit", options.limit, "Stop after this many records")
      ->option_text("N")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
}

// Adds the ids of a list; returns what is wrong with it.
std::optional<std::string> AddIds(const std::vector<std::string>& texts, std::string_view option,
                                  std::vector<std::int32_t>& ids) {
  for (const std::string& text : texts) {
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc{} || end != text.data() + text.size() || id <= 0) {
      return fmt::format("{}: '{}' is no process or thread number", option, text);
    }
    ids.push_back(id);
  }
  return std::nullopt;
}

std::optional<std::string> MakeFilter(const PrintOptions& options, FilterOptions& filter) {
  if (!options.time.empty()) {
    filter.time_ns = ParseTimeRange(options.time);
    if (!filter.time_ns) {
      return fmt::format("--time: '{}' is no range of seconds such as 1.5:2 or 3:", options.time);
    }
  }
  if (!options.address.empty()) {
    filter.address = ParseAddressRange(options.address);
    if (!filter.address) {
      return fmt::format("--address: '{}' is no range such as 0x1000:0x2000", options.address);
    }
  }
  if (auto wrong = AddIds(options.pids, "--pid", filter.pids)) return wrong;
  if (auto wrong = AddIds(options.tids, "--tid", filter.tids)) return wrong;
  for (const std::string& name : options.types) {
    const auto type = ParseType(name);
    if (!type) return fmt::format("--type: '{}' is none of {}", name, TypeNames());
    filter.types |= *type;
  }
  return std::nullopt;
}

struct Printed {
  absl::Status trace_error;
  bool to_end = false;  // whoever stops before does not ask whether the file is whole
};

// Prints what the filter lets through until the end, the limit, an error or a reader that has gone.
Printed PrintRecords(analysis::RecordSource& source, RecordFilter filter, Format format,
                     std::uint64_t limit, Output& output) {
  const RecordContext context{StreamNames(source.header()), MemoryNames(source.header()),
                              [&source](std::uint32_t id) { return source.Stack(id); }};
  const auto append = format == Format::kJson ? AppendJson : AppendText;
  for (std::uint64_t printed = 0; printed < limit;) {
    const auto record = source.Next();
    if (!record.ok()) return {record.status(), true};
    if (*record == nullptr) return {absl::OkStatus(), true};
    if (!filter.Accepts(**record)) continue;
    append(**record, context, output.buffer());
    ++printed;
    if (!output.EndRecord()) break;
  }
  return {};
}

int Print(const PrintOptions& options, const FilterOptions& filter) {
  const auto source = OpenStream(options.path, options.choice);
  if (!source.ok()) {
    PrintError(std::string(base::Message(source.status())));
    return kFailure;
  }
  Output output(STDOUT_FILENO);
  const Printed printed =
      PrintRecords(**source, RecordFilter(filter), options.json ? Format::kJson : Format::kText,
                   options.limit.value_or(std::numeric_limits<std::uint64_t>::max()), output);
  output.Flush();
  if (!output.status().ok()) {
    PrintError(std::string(base::Message(output.status())));
    return kFailure;
  }
  if (!printed.to_end) return kSuccess;
  const auto defect = DefectOf(RecordingTitle(options.path, options.choice), printed.trace_error,
                               (*source)->extent());
  if (!defect) return kSuccess;
  PrintError(*defect);
  return kFailure;
}

}  // namespace

int PrintCommand(const std::vector<std::string>& arguments) {
  PrintOptions options;
  CLI::App app("Prints the records of a trace in order of time, one a line.", kName);
  SetUsage(app, "Usage: trace-dump print [options] FILE");
  app.footer(kExamples);
  AddOptions(app, options);
  if (const auto status = ParseArguments(app, arguments)) return *status;
  FilterOptions filter;
  if (const auto wrong = MakeFilter(options, filter)) return WrongUse(kName, *wrong);
  return Print(options, filter);
}

}  // namespace heimdallr::cli
