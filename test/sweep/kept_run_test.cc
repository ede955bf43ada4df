#include "sweep/kept_run.h"

#include <signal.h>
#include <sys/stat.h>

#include <string>

#include <catch2/catch.hpp>

#include "abilities.h"
#include "trace/temporary_folder.h"

using namespace heimdallr::sweep;
using heimdallr::trace::ReadFile;
using heimdallr::trace::TemporaryFolder;

namespace {

// A script in the place of heimdallr: $fd is where it reports to.
class Script {
 public:
  explicit Script(const std::string& text) {
    heimdallr::trace::WriteFile(request_.program = folder_.File("script"),
                                "#!/bin/sh\nfd=${1#*=}\nshift\n" + text);
    chmod(request_.program.c_str(), 0755);
    request_.folder = "/";
    request_.output = folder_.File("out");
    request_.errors = folder_.File("err");
    sigemptyset(&request_.signal_mask);
  }

  RunRequest& request() { return request_; }
  [[nodiscard]] std::string File(const std::string& name) const { return folder_.File(name); }

  RunReport Run() {
    auto run = KeptRun::Start(request_);
    REQUIRE(run.ok());
    while (run->Read()) continue;
    return run->Finish();
  }

 private:
  TemporaryFolder folder_;
  RunRequest request_;
};

bool Alive(const std::string& pid) {
  const std::string stat = ReadFile("/proc/" + pid + "/stat");
  return !stat.empty() && stat.find(") Z") == std::string::npos;
}

}  // namespace

TEST_CASE("KeptRun: reports, output, arguments, environment and folder are the program's") {
  Script script(R"(echo "$1 $2 $NAME $PWD"; echo wrong >&2; cat; echo "exited 3 12" >&$fd)");
  script.request().arguments = {"one", "two words"};
  script.request().environment = {{"NAME", "value"}};
  script.request().folder = "/usr";
  const RunReport report = script.Run();
  CHECK(report.exit_status == 3);
  CHECK(report.wall_ns == 12);
  CHECK(report.kept_to_end);
  CHECK(report.left_behind == 0);
  CHECK_FALSE(report.timed_out);
  CHECK(ReadFile(script.request().output) == "one two words value /usr\n");
  CHECK(ReadFile(script.request().errors) == "wrong\n");
}

TEST_CASE("KeptRun: the death of the program is told") {
  const RunReport report = Script("kill -SEGV $$").Run();
  CHECK(report.recorder_signal == SIGSEGV);
  CHECK_FALSE(report.exit_status.has_value());
}

TEST_CASE("KeptRun: what cannot be started is a failure with the reason") {
  Script script("");
  script.request().program = "/no/such/program";
  CHECK(script.Run().failure == "cannot execute '/no/such/program': No such file or directory");
  script.request().folder = "/no/such/folder";
  CHECK(script.Run().failure ==
        "cannot run in folder '/no/such/folder': No such file or directory");
}

TEST_CASE("KeptRun: what the program leaves behind is ended, also in another session") {
  if (!heimdallr::test::OrphansAreInherited()) return;
  Script script(
      "setsid sh -c 'echo $$ >$0; exec sleep 1000' "
      "\"$1\" &\nwhile [ ! -s \"$1\" ]; do :; done");
  script.request().arguments = {script.File("pid")};
  const RunReport report = script.Run();
  CHECK(report.left_behind >= 1);
  std::string pid = ReadFile(script.File("pid"));
  pid.pop_back();
  CHECK_FALSE(Alive(pid));
}

TEST_CASE("KeptRun: a workload whose time is up gets SIGTERM through the program") {
  Script script(
      "trap 'kill $child; wait $child; echo \"signalled 15 1\" >&$fd; exit' TERM\n"
      "sleep 1000 & child=$!\nwait");
  script.request().timeout_seconds = 0.1;
  const RunReport report = script.Run();
  CHECK(report.timed_out);
  CHECK(report.signal == SIGTERM);
  CHECK(report.kept_to_end);
  CHECK(report.left_behind == 0);
}

TEST_CASE("KeptRun: a signal that is passed on interrupts the run") {
  Script script("trap 'kill $child; exit' INT\nsleep 1000 & child=$!\necho started\nwait");
  auto run = KeptRun::Start(script.request());
  REQUIRE(run.ok());
  while (ReadFile(script.request().output).empty()) continue;
  run->End(SIGINT);
  while (run->Read()) continue;
  CHECK(run->Finish().interrupted);
}
