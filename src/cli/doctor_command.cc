#include "cli/doctor_command.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "cli/doctor_report.h"
#include "cli/doctor_trial.h"
#include "cli/subcommand_line.h"
#include "recorder/check_up.h"

namespace heimdallr::cli {
namespace {

constexpr int kNothingSampled = 1;
constexpr const char* kDescription =
    R"(Says what this machine, its kernel and their settings let heimdallr record. Each source of
accesses is tried on a program whose accesses are known: are the addresses right, is the
rate as asked, was anything lost? What stands in the way is named with the command that
mends it. It takes about two seconds.)";
constexpr const char* kFooter = R"(
Exit status: 0 if accesses can be sampled, 1 if not; 125 if that could not be found out.)";

// A folder of our own, gone when this is.
class Scratch {
 public:
  static absl::StatusOr<Scratch> Make() {
    std::string name =
        (std::filesystem::temp_directory_path() / "heimdallr-doctor-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      return base::SyscallError(errno, fmt::format("cannot make a folder like '{}'", name));
    }
    return Scratch(std::move(name));
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

absl::StatusOr<DoctorFindings> Find() {
  DoctorFindings findings{.machine = recorder::Examine()};
  ASSIGN_OR_RETURN(const Scratch scratch, Scratch::Make());
  // In the order in which --source auto takes them.
  std::vector<const char*> sources = {"clock", "faults"};
  if (findings.machine.pmu_problem.empty()) sources.insert(sources.begin(), "pmu");
  for (const char* const source : sources) {
    ASSIGN_OR_RETURN(Trial trial, TrySource(source, scratch.path()));
    findings.trials.push_back(std::move(trial));
  }
  return findings;
}

struct Options {
  bool json = false;
};

void Describe(CLI::App& app, Options& options) {
  app.name("heimdallr doctor");
  app.description(kDescription);
  app.footer(kFooter);
  app.add_flag("--json", options.json, "As one JSON object");
}

}  // namespace

CommandDescription DescribeDoctorCommand() {
  CLI::App app;
  Options options;
  Describe(app, options);
  return Describe(app);
}

int DoctorMain(const std::vector<std::string>& arguments) {
  CLI::App app;
  Options options;
  Describe(app, options);
  constexpr std::string_view kUsage = "heimdallr doctor [--json]";
  if (const auto status = ParseSubcommand(app, arguments, kUsage)) return *status;
  const auto findings = Find();
  if (!findings.ok()) {
    fmt::print(stderr, "heimdallr: {}\n", base::Message(findings.status()));
    return kRecordingFailed;
  }
  std::fputs((options.json ? DoctorJson(*findings) : DoctorText(*findings)).c_str(), stdout);
  return findings->taken().empty() ? kNothingSampled : 0;
}

}  // namespace heimdallr::cli
