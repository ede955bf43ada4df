#include "sweep/plan_file.h"

#include <string>

#include <catch2/catch.hpp>

using namespace heimdallr::sweep;

namespace {

// Takes everything but "--source=magic" and two sources at once.
absl::StatusOr<std::uint32_t> Check(const std::vector<std::string>& options) {
  int sources = 0;
  for (const std::string& option : options) {
    if (option == "--source=magic") return absl::InvalidArgumentError("'magic' is no source");
    if (option.starts_with("--source=")) ++sources;
  }
  if (sources > 1) return absl::InvalidArgumentError("two sources");
  return 1000;
}

absl::StatusOr<Plan> Parse(const std::string& text) {
  return ParsePlan(text, "p.toml", "/tmp", Check);
}

std::string Error(const std::string& text) {
  const auto plan = Parse(text);
  REQUIRE_FALSE(plan.ok());
  return std::string(plan.status().message());
}

}  // namespace

TEST_CASE("Plan file: each key reaches the plan") {
  const auto plan = Parse(R"(
repetitions = 5
seed = 7
timeout = 1.5
[[mode]]
name = "all"
memory = "node:1"
mem_node = 1
cpu_node = 0
dry = false
frequency = 2000
source = "clock"
faults = true
stacks = "fp:8"
events = ["r1cd", "ibs_op//"]
environment = { A = "1", B = "x y" }
options = ["--compress", "--buffer-size=1M"]
[[mode]]
name = "dry"
dry = true
[[mode]]
name = "file"
events = "events.toml"
[[workload]]
name = "one"
command = "./a 'b c'"
folder = "/"
environment = { C = "2" }
exit_status = 3
[[workload]]
command = ["sh", "-c", "exit"]
)");
  REQUIRE(plan.ok());
  CHECK(plan->repetitions == 5);
  CHECK(plan->seed == 7);
  CHECK(plan->timeout_seconds == 1.5);
  REQUIRE(plan->modes.size() == 3);
  CHECK(plan->modes[0] ==
        Mode{.name = "all",
             .options = {"--memory=node:1", "--source=clock", "--stacks=fp:8", "--mem-node=1",
                         "--cpu-node=0", "--frequency=2000", "--faults", "--event=r1cd",
                         "--event=ibs_op//", "--compress", "--buffer-size=1M"},
             .environment = {{"A", "1"}, {"B", "x y"}},
             .frequency_hz = 1000});
  CHECK(plan->modes[1].options == std::vector<std::string>{"--dry-run"});
  CHECK(plan->modes[2].options == std::vector<std::string>{"--events=/tmp/events.toml"});
  REQUIRE(plan->workloads.size() == 2);
  CHECK(plan->workloads[0] == Workload{.name = "one",
                                       .command = {"./a", "b c"},
                                       .folder = "/",
                                       .environment = {{"C", "2"}},
                                       .exit_status = 3});
  CHECK(plan->workloads[1].name == "sh");
  CHECK(plan->workloads[1].folder == "/tmp/");
}

TEST_CASE("Plan file: without modes there are the two default ones") {
  const auto plan = Parse("repetitions = 1\n[[workload]]\ncommand = 'true'\n");
  REQUIRE(plan.ok());
  CHECK(plan->modes == DefaultModes());
  CHECK_FALSE(plan->seed.has_value());
  CHECK_FALSE(plan->timeout_seconds.has_value());
}

TEST_CASE("Plan file: errors name file, line, key and what is allowed") {
  const std::string workload = "[[workload]]\ncommand = 'true'\n";
  const std::string mode = "repetitions = 1\n[[mode]]\nname = 'm'\n";
  CHECK(
      Error("repetitions = 'x'\n" + workload) ==
      "p.toml:1: 'repetitions' of the plan is a string; it takes a whole number from 1 to 100000");
  CHECK(Error("repetitions = 0\n" + workload) ==
        "p.toml:1: 'repetitions' of the plan is 0; it takes a whole number from 1 to 100000");
  CHECK(Error("repetitions = 1\n\nspeed = 3\n" + workload) ==
        "p.toml:3: the plan has no key 'speed'; it takes repetitions, seed, timeout, mode, "
        "workload");
  CHECK(Error("repetitions = 1\ntimeout = -1\n" + workload)
            .starts_with("p.toml:2: 'timeout' of the plan is -1; it takes a number above 0"));
  CHECK(Error(mode + "frequency = 0\n" + workload) ==
        "p.toml:4: 'frequency' of [[mode]] is 0; it takes a whole number from 1 to 100000");
  CHECK(Error(mode + "source = 'magic'\n" + workload) ==
        "p.toml:4: 'source' of [[mode]] is refused: 'magic' is no source");
  CHECK(Error(mode + "source = 'a'\noptions = ['--source=b']\n" + workload) ==
        "p.toml:2: [[mode]] 'm' asks for what does not go together: two sources");
  CHECK(Error(mode + "faults = 1\n" + workload) ==
        "p.toml:4: 'faults' of [[mode]] is a whole number; it takes true or false");
  CHECK(Error(mode + "memroy = 'x'\n" + workload)
            .starts_with("p.toml:4: [[mode]] has no key 'memroy'; it takes name, memory, source"));
  CHECK(Error(mode + "environment = { A = 1 }\n" + workload)
            .starts_with("p.toml:4: 'environment' of [[mode]] has a whole number for 'A'"));
  CHECK(Error(mode + "environment = { 'A=B' = '1' }\n" + workload)
            .starts_with("p.toml:4: 'environment' of [[mode]] has 'A=B' in it"));
  CHECK(Error(mode + "options = ['a', 1]\n" + workload) ==
        "p.toml:4: 'options' of [[mode]] has a whole number in it; it takes an array of strings");
  CHECK(Error("repetitions = 1\n[[mode]]\nname = 'a.b'\n" + workload)
            .starts_with("p.toml:3: 'name' of [[mode]] is 'a.b': a mode's name has"));
  CHECK(Error("repetitions = 1\n[[mode]]\n" + workload) == "p.toml:2: [[mode]] has no 'name'");
  CHECK(Error(mode + "[[mode]]\nname = 'm'\n" + workload) ==
        "p.toml:5: 'name' of [[mode]] is 'm', as that of another one");
  CHECK(Error("repetitions = 1\n").starts_with("p.toml:1: the plan has no workload"));
  CHECK(Error("repetitions = 1\n[[workload]]\nname = 'x'\n")
            .starts_with("p.toml:2: [[workload]] has no 'command'"));
  CHECK(Error("repetitions = 1\n[[workload]]\ncommand = 'a | b'\n")
            .starts_with("p.toml:3: 'command' of [[workload]] cannot split 'a | b' into words"));
  CHECK(Error("repetitions = 1\n[[workload]]\ncommand = []\n") ==
        "p.toml:3: 'command' of [[workload]] names no program");
  CHECK(Error("repetitions = 1\n[[workload]]\ncommand = 'a'\nfolder = '/no/such'\n") ==
        "p.toml:4: 'folder' of [[workload]] is '/no/such', which is no folder");
  CHECK(Error("repetitions = 1\n[[workload]]\ncommand = 'a'\nexit_status = 256\n") ==
        "p.toml:4: 'exit_status' of [[workload]] is 256; it takes a whole number from 0 to 255");
  CHECK(Error("repetitions = 1\nworkload = 3\n")
            .starts_with(
                "p.toml:2: 'workload' of the plan is a whole number; it takes tables, each under"));
  CHECK(Error("repetitions = \n").starts_with("p.toml:1: this is no TOML: "));
  CHECK(Error("").starts_with("p.toml:1: the plan has no 'repetitions'"));
}

TEST_CASE("Plan file: one that is not there is named") {
  const auto plan = ReadPlanFile("/no/such/plan.toml", "/tmp", Check);
  CHECK(absl::IsNotFound(plan.status()));
  CHECK(std::string(plan.status().message()).find("/no/such/plan.toml") != std::string::npos);
}
