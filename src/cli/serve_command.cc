#include "cli/serve_command.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <thread>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/syscall_error.h"
#include "cli/command_line.h"
#include "cli/file_state.h"
#include "cli/plain_text.h"
#include "cli/report_inputs.h"
#include "report/page_server.h"
#include "report/report_page.h"

namespace heimdallr::cli {
namespace {

constexpr const char* kName = "trace-dump serve";
constexpr const char* kDescription =
    "Shows a recording in the browser, with all its accesses however many they are.";
constexpr const char* kExamples = R"(
Prints the address to open. It holds a secret, and only this machine can reach it. From elsewhere:
ssh -L PORT:127.0.0.1:PORT, with the PORT given here. Ctrl-C ends it.
Examples:
  trace-dump serve solver.4711.htrace
  trace-dump serve --port 8000 runs.sqlite --run bt.A.clock)";

// The signals by which a user ends a program, held back from all threads and waited for.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }

  void Wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
  }

 private:
  sigset_t signals_{};
};

int Fail(const absl::Status& status) {
  PrintError(std::string(base::Message(status)));
  return kFailure;
}

int Serve(const std::vector<report::ReportInput>& inputs, std::uint16_t port) {
  auto packed = report::PackReport(inputs, {}, ReportTool());
  if (!packed.ok()) return Fail(packed.status());
  // From here on; until then Ctrl-C ends the program as usual.
  const EndSignals signals;
  const auto server = report::PageServer::Open(port, std::move(packed->contents));
  if (!server.ok()) return Fail(server.status());

  absl::Status ended;
  std::thread thread([&] {
    ended = (*server)->Run();
    // If it ended by itself, nobody has sent a signal.
    if (!ended.ok()) kill(getpid(), SIGTERM);
  });
  fmt::print("{}\n", (*server)->url());
  std::fflush(stdout);
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "Open this in a browser; Ctrl-C ends it.\n");
  signals.Wait();
  (*server)->Stop();
  thread.join();
  return ended.ok() ? kSuccess : Fail(ended);
}

}  // namespace

int ServeCommand(const std::vector<std::string>& arguments) {
  ReportChoice choice;
  int port = 0;
  CLI::App app(kDescription, kName);
  SetUsage(app, "Usage: trace-dump serve [options] FILE [FILE]");
  app.footer(kExamples);
  AddReportOptions(app, choice);
  app.add_option("--port", port, "Listen there; by default any port that is free")
      ->option_text("PORT")
      ->check(CLI::Range(0, 65'535));
  if (const auto status = ParseArguments(app, arguments)) return *status;
  std::vector<report::ReportInput> inputs;
  if (const auto wrong = MakeReportInputs(choice, inputs)) return WrongUse(kName, *wrong);
  return Serve(inputs, static_cast<std::uint16_t>(port));
}

}  // namespace heimdallr::cli
