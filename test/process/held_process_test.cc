#include "process/held_process.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>

#include <catch2/catch.hpp>

#include "abilities.h"

using heimdallr::process::HeldProcess;
using heimdallr::process::LaunchOptions;

namespace {

LaunchOptions Options(std::vector<std::string> command) {
  LaunchOptions options{.command = std::move(command), .environment = {"PATH=/usr/bin:/bin"}};
  sigemptyset(&options.signal_mask);
  return options;
}

int WaitStatus(pid_t pid) {
  int status = 0;
  REQUIRE(waitpid(pid, &status, 0) == pid);
  return status;
}

std::string Executable(pid_t pid) {
  return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe");
}

// One that this process may run on.
std::uint32_t AllowedCpu() {
  cpu_set_t set;
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  std::uint32_t cpu = 0;
  while (!CPU_ISSET(cpu, &set)) ++cpu;
  return cpu;
}

}  // namespace

TEST_CASE("HeldProcess: the program runs after Release, and its exit status is its own") {
  auto child = HeldProcess::Start(Options({"sh", "-c", "exit 7"}));
  REQUIRE(child.ok());
  if (heimdallr::test::ProcessesAreSeen()) {
    CHECK(Executable(child->pid()) == Executable(getpid()));
  }
  REQUIRE(child->Release().ok());
  const int status = WaitStatus(child->pid());
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}

TEST_CASE("HeldProcess: a child that is never released runs nothing and ends") {
  auto started = HeldProcess::Start(Options({"sh", "-c", "exit 7"}));
  REQUIRE(started.ok());
  std::optional<HeldProcess> child = *std::move(started);
  const pid_t pid = child->pid();
  child.reset();
  const int status = WaitStatus(pid);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 125);
}

TEST_CASE("HeldProcess: the program and what it starts run where they are placed") {
  const auto allowed = AllowedCpu();
  LaunchOptions options =
      Options({"sh", "-c",
               "test \"$(sed -n 's/^Cpus_allowed_list:.//p' /proc/self/status)\" = " +
                   std::to_string(allowed)});
  options.placement.cpus = {allowed};
  auto child = HeldProcess::Start(options);
  REQUIRE(child.ok());
  REQUIRE(child->Release().ok());
  CHECK(WaitStatus(child->pid()) == 0);
}

TEST_CASE("HeldProcess: a child that cannot be placed is an error of Start, and is gone") {
  LaunchOptions options = Options({"true"});
  options.placement.cpus = {65'535};
  const auto cpus = HeldProcess::Start(options).status();
  CHECK(std::string(cpus.message()).find("processors") != std::string::npos);
  options = Options({"true"});
  options.placement.memory_mode = 9999;
  options.placement.memory_nodes = {0};
  const auto memory = HeldProcess::Start(options).status();
  CHECK(std::string(memory.message()).find("memory policy") != std::string::npos);
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);  // no child is left
}

TEST_CASE("HeldProcess: standard error can be given") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  LaunchOptions options = Options({"sh", "-c", "echo told >&2"});
  options.standard_error = ends[1];
  auto child = HeldProcess::Start(options);
  REQUIRE(child.ok());
  REQUIRE(child->Release().ok());
  WaitStatus(child->pid());
  char text[16] = {};
  CHECK(read(ends[0], text, sizeof text - 1) == 5);
  CHECK(std::string(text) == "told\n");
  close(ends[0]);
  close(ends[1]);
}

TEST_CASE("HeldProcess: a missing program is NotFound, and the child is gone") {
  auto child = HeldProcess::Start(Options({"/no/such/program"}));
  REQUIRE(child.ok());
  const absl::Status status = child->Release();
  CHECK(status.code() == absl::StatusCode::kNotFound);
  CHECK(status.ToString().find("'/no/such/program'") != std::string::npos);
  CHECK(waitpid(child->pid(), nullptr, WNOHANG) == -1);
}

TEST_CASE("HeldProcess: a child that died before Release is an error, and has been waited for") {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  auto child = HeldProcess::Start(Options({"true"}));
  REQUIRE(child.ok());
  kill(child->pid(), SIGKILL);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child->pid()), &info, WEXITED | WNOWAIT) == 0);
  CHECK_FALSE(child->Release().ok());
  CHECK(waitpid(child->pid(), nullptr, WNOHANG) == -1);
  std::signal(SIGPIPE, before);
}

TEST_CASE("HeldProcess: a file without permission to execute is PermissionDenied") {
  auto child = HeldProcess::Start(Options({"/etc/passwd"}));
  REQUIRE(child.ok());
  CHECK(child->Release().code() == absl::StatusCode::kPermissionDenied);
}

TEST_CASE("HeldProcess: the environment is the one asked for") {
  LaunchOptions options = Options({"sh", "-c", "test \"$COLOUR\" = green"});
  options.environment.push_back("COLOUR=green");
  auto child = HeldProcess::Start(options);
  REQUIRE(child.ok());
  REQUIRE(child->Release().ok());
  CHECK(WaitStatus(child->pid()) == 0);
}

TEST_CASE("HeldProcess: the signal mask is the one asked for") {
  // Not by a shell: dash unblocks everything when it starts. SIGUSR1 is number 10, so bit 9.
  LaunchOptions options = Options({"grep", "-q", "^SigBlk:.*0200$", "/proc/self/status"});
  sigaddset(&options.signal_mask, SIGUSR1);
  auto child = HeldProcess::Start(options);
  REQUIRE(child.ok());
  REQUIRE(child->Release().ok());
  CHECK(WaitStatus(child->pid()) == 0);
}
