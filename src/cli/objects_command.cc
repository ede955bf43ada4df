#include "cli/objects_command.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/profile_command.h"
#include "cli/profile_json.h"
#include "cli/profile_text.h"

namespace heimdallr::cli {
namespace {

using analysis::ObjectBy;
using analysis::RowKind;

constexpr const char* kName = "trace-dump objects";
constexpr const char* kDescription =
    R"(Lists what the program accessed: heap blocks, variables, mappings, stacks.)";
constexpr const char* kExamples = R"(
By site, blocks and mappings go together by the code that asked for them; one that
was never accessed is listed, too. By object, each one that was accessed.
Examples:
  trace-dump objects solver.4711.htrace
  trace-dump objects --by object --sort density --limit 10 solver.4711.htrace
  trace-dump objects --json FILE | jq '.objects[] | select(.type == "heap") | .name')";

constexpr std::pair<std::string_view, ObjectBy> kBy[] = {
    {"site", ObjectBy::kSite}, {"object", ObjectBy::kObject}, {"type", ObjectBy::kType}};

void AppendObjectsOf(const TraceProfile& trace, const ProfileOptions& options, ObjectBy by,
                     analysis::RowOrder order, fmt::memory_buffer& out) {
  auto rows = ObjectRows(*trace.profile, trace.names(), by);
  const std::size_t all = rows.size();
  SortRows(rows, order, options.row_limit());
  const ProfileFigures figures = FiguresOf(*trace.profile);
  if (options.json) {
    AppendObjectsJson(trace.path, options.by, rows, figures, out);
  } else {
    AppendObjectsText(trace.path, rows, all, figures, out);
  }
}

}  // namespace

int ObjectsCommand(const std::vector<std::string>& arguments) {
  ProfileOptions options{.by = "site"};
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump objects [options] FILE...");
  app.footer(kExamples);
  AddProfileOptions(app, RowKind::kObjects, options);
  app.add_option("--by", options.by, "What a row is: site (default), object or type")
      ->option_text("WHAT");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  const auto* const by = std::find_if(std::begin(kBy), std::end(kBy),
                                      [&](const auto& known) { return known.first == options.by; });
  if (by == std::end(kBy)) {
    return WrongUse(kName, fmt::format("--by: '{}' is none of site, object, type", options.by));
  }
  const auto order = OrderOf(options, RowKind::kObjects);
  if (!order) {
    return WrongUse(kName, fmt::format("--sort: '{}' is none of {}", options.sort,
                                       RowOrderNames(RowKind::kObjects)));
  }
  return PrintProfiles(options, [&](const TraceProfile& trace, fmt::memory_buffer& out) {
    AppendObjectsOf(trace, options, by->second, *order, out);
  });
}

}  // namespace heimdallr::cli
