#include "cli/profile_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/output.h"

namespace heimdallr::cli {
namespace {

// Returns whether the file is whole.
bool PrintProfile(const std::string& path, const RecordingChoice& choice, const AppendTable& append,
                  Output& output) {
  const auto trace = ProfileTrace(path, choice);
  if (!trace.ok()) {
    output.Flush();  // keeps what was said of the file before in front of this
    PrintError(std::string(base::Message(trace.status())));
    return false;
  }
  append(**trace, output.buffer());
  output.Flush();
  if ((*trace)->defect) PrintError(*(*trace)->defect);
  return !(*trace)->defect;
}

}  // namespace

void AddProfileOptions(CLI::App& app, analysis::RowKind kind, ProfileOptions& options) {
  app.add_option("FILE", options.paths, "Trace files or databases")->required();
  app.add_flag("--json", options.json, "One JSON object a file and line");
  AddChoiceOptions(app, options.choice);
  app.add_option("--sort", options.sort, "Most first, by one of\n" + RowOrderNames(kind))
      ->option_text("KEY");
  app.add_option("--limit", options.limit, "Rows to print (30; with --json all)")
      ->option_text("N")
      ->check(CLI::NonNegativeNumber);
}

std::optional<analysis::RowOrder> OrderOf(const ProfileOptions& options, analysis::RowKind kind) {
  const auto order = analysis::ParseRowOrder(options.sort);
  if (order && kind == analysis::RowKind::kCode && IsOfObjects(*order)) return std::nullopt;
  return order;
}

int PrintProfiles(const ProfileOptions& options, const AppendTable& append) {
  Output output(STDOUT_FILENO);
  bool all_whole = true;
  for (std::size_t i = 0; i < options.paths.size(); ++i) {
    if (i != 0 && !options.json) output.buffer().push_back('\n');
    all_whole &= PrintProfile(options.paths[i], options.choice, append, output);
  }
  if (!output.status().ok()) {
    PrintError(std::string(base::Message(output.status())));
    return kFailure;
  }
  return all_whole ? kSuccess : kFailure;
}

}  // namespace heimdallr::cli
