#include "sweep/plan.h"

#include <catch2/catch.hpp>

using namespace heimdallr::sweep;

namespace {

Plan Small() {
  return {.repetitions = 3,
          .seed = 1,
          .modes = DefaultModes(),
          .workloads = {{.name = "a", .command = {"./a", "x"}, .folder = "/w"}}};
}

}  // namespace

TEST_CASE("NameTheUnnamed: names are those of the programs, made distinct and good for folders") {
  std::vector<Workload> workloads;
  for (const char* program : {"/usr/bin/sh", "sh", "bt.A", "a b/c:d", ".hidden", "sh"}) {
    workloads.push_back({.command = {program}});
  }
  workloads.push_back({.name = "sh-2", .command = {"x"}});
  NameTheUnnamed(workloads);
  std::vector<std::string> names;
  for (const Workload& workload : workloads) {
    names.push_back(workload.name);
    CHECK(ProblemOfWorkloadName(workload.name).empty());
  }
  CHECK(names == std::vector<std::string>{"sh", "sh-3", "bt.A", "c_d", "_.hidden", "sh-4", "sh-2"});
}

TEST_CASE("Names: what is no good name of a folder is refused") {
  for (const char* name : {"", ".", "..", "a/b", "-a", "a b", "ä"}) {
    CHECK_FALSE(ProblemOfWorkloadName(name).empty());
    CHECK_FALSE(ProblemOfModeName(name).empty());
  }
  CHECK(ProblemOfWorkloadName("bt.A").empty());
  CHECK_FALSE(ProblemOfModeName("bt.A").empty());  // WORKLOAD.MODE is read from its last dot on
  CHECK(ProblemOfModeName("node=1").empty());
}

TEST_CASE("Difference: says what changed, in words") {
  const Plan before = Small();
  Plan now = Small();
  CHECK(Difference(before, now).empty());
  now.seed.reset();  // nobody asked for one
  CHECK(Difference(before, now).empty());
  now.seed = 2;
  CHECK(Difference(before, now) == "the seed is '2', was '1'");
  now = Small();
  now.repetitions = 4;
  CHECK(Difference(before, now) == "the number of repetitions is '4', was '3'");
  now = Small();
  now.timeout_seconds = 1.5;
  CHECK(Difference(before, now) == "the timeout is '1.5 s', was 'none'");
  now = Small();
  now.modes[1].options = {"--frequency=2000"};
  CHECK(Difference(before, now) ==
        "of mode '1000hz' the list of options is '--frequency=2000', was '--frequency=1000'");
  now = Small();
  now.workloads[0].command[1] = "y z";
  CHECK(Difference(before, now) == "of workload 'a' the command is './a 'y z'', was './a x'");
  now = Small();
  now.workloads.push_back({.name = "b", .command = {"b"}});
  CHECK(Difference(before, now) == "the list of workloads is 'a, b', was 'a'");
}

TEST_CASE("KeepModes: keeps the modes of these names in the plan's order") {
  Plan plan = Small();
  CHECK(KeepModes({"1000hz", "dry"}, plan).ok());
  CHECK(plan.modes.size() == 2);
  CHECK(KeepModes({"1000hz"}, plan).ok());
  REQUIRE(plan.modes.size() == 1);
  CHECK(plan.modes[0].name == "1000hz");
  const absl::Status status = KeepModes({"fast"}, plan);
  CHECK(absl::IsNotFound(status));
  CHECK(std::string(status.message()) == "the plan has no mode 'fast'; there is: 1000hz");
}

TEST_CASE("CheckPlan: a plan that cannot be run or written down is refused") {
  CHECK(CheckPlan(Small()).ok());
  Plan plan = Small();
  plan.workloads[0].command[1] = "\xff";
  CHECK_FALSE(CheckPlan(plan).ok());
  plan = Small();
  plan.modes.push_back(plan.modes[0]);
  CHECK_FALSE(CheckPlan(plan).ok());
  plan = Small();
  plan.workloads.clear();
  CHECK_FALSE(CheckPlan(plan).ok());
  plan = Small();
  plan.repetitions = kMaxRepetitions + 1;
  CHECK_FALSE(CheckPlan(plan).ok());
}
