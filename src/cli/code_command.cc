#include "cli/code_command.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/profile_command.h"
#include "cli/profile_json.h"
#include "cli/profile_text.h"

namespace heimdallr::cli {
namespace {

using analysis::CodeBy;
using analysis::RowKind;

constexpr const char* kName = "trace-dump code";
constexpr const char* kDescription = R"(Lists the code that makes the accesses.)";
constexpr const char* kExamples = R"(
A function has the accesses of what is inlined into it; with --inlined these go to
the inlined functions instead. Lines are those of the innermost function.
Examples:
  trace-dump code solver.4711.htrace
  trace-dump code --by line --sort time --limit 20 solver.4711.htrace)";

void AppendCodeOf(const TraceProfile& trace, const ProfileOptions& options, CodeBy by,
                  analysis::RowOrder order, fmt::memory_buffer& out) {
  auto rows = CodeRows(*trace.profile, trace.names(), by);
  const std::size_t all = rows.size();
  SortRows(rows, order, options.row_limit());
  const ProfileFigures figures = FiguresOf(*trace.profile);
  if (options.json) {
    AppendCodeJson(trace.path, options.by, rows, figures, out);
  } else {
    AppendCodeText(trace.path, rows, all, figures, out);
  }
}

}  // namespace

int CodeCommand(const std::vector<std::string>& arguments) {
  ProfileOptions options{.by = "function"};
  bool inlined = false;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump code [options] FILE...");
  app.footer(kExamples);
  AddProfileOptions(app, RowKind::kCode, options);
  app.add_option("--by", options.by, "What a row is: function (default) or line")
      ->option_text("WHAT");
  app.add_flag("--inlined", inlined, "Tell inlined functions from those that hold them");
  if (const auto status = ParseArguments(app, arguments)) return *status;
  if (options.by != "function" && options.by != "line") {
    return WrongUse(kName, fmt::format("--by: '{}' is none of function, line", options.by));
  }
  if (inlined && options.by == "line") {
    return WrongUse(kName, "--inlined: by line, code always belongs to the inlined function");
  }
  const auto order = OrderOf(options, RowKind::kCode);
  if (!order) {
    return WrongUse(kName, fmt::format("--sort: '{}' is none of {}", options.sort,
                                       RowOrderNames(RowKind::kCode)));
  }
  const CodeBy by = options.by == "line" ? CodeBy::kLine
                    : inlined            ? CodeBy::kInlinedFunction
                                         : CodeBy::kFunction;
  return PrintProfiles(options, [&](const TraceProfile& trace, fmt::memory_buffer& out) {
    AppendCodeOf(trace, options, by, *order, out);
  });
}

}  // namespace heimdallr::cli
