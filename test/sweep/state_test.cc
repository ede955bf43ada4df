#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "sweep/state_json.h"
#include "sweep/sweep.h"
#include "sweep/time_left.h"

using namespace heimdallr::sweep;

namespace {

SweepState Sample() {
  SweepState state = NewSweep({.repetitions = 2,
                               .seed = 42,
                               .timeout_seconds = 2.5,
                               .modes = DefaultModes(),
                               .workloads = {{.name = "a.b",
                                              .command = {"./a", "ö \"x\""},
                                              .folder = "/w",
                                              .environment = {{"A", "1"}},
                                              .exit_status = 3}}});
  state.sessions.push_back({.start_realtime_ns = 1'700'000'000'000'000'000,
                            .version = "0.1.0",
                            .machine = {.host = "h",
                                        .kernel = "6.1 x86_64",
                                        .processor = "p",
                                        .cpus = 2,
                                        .settings = {{"governor", "performance"}},
                                        .load = {.average = {0.5, 0.25, 0.125}, .running = 1}},
                            .warnings = {"w"}});
  Run& run = state.runs[0];
  run.state = RunState::kCrashed;
  run.signal = 11;
  run.reason = "SIGSEGV ended it";
  run.start_realtime_ns = 1'700'000'001'000'000'000;
  run.wall_ns = 1'500'000'000;
  run.left_behind = 1;
  run.load.average = {1, 2, 3};
  state.runs[1].state = RunState::kRunning;
  return state;
}

std::string Replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("sweep.json: what is written is read again") {
  const SweepState before = Sample();
  const auto after = FromJson(ToJson(before));
  REQUIRE(after.ok());
  CHECK(ToJson(*after) == ToJson(before));
  CHECK(Difference(before.plan, after->plan).empty());
  CHECK(after->plan.workloads == before.plan.workloads);
  CHECK(after->plan.modes == before.plan.modes);
  CHECK(after->runs[0].state == RunState::kCrashed);
  CHECK(after->runs[0].signal == 11);
  CHECK(after->runs[0].wall_ns == 1'500'000'000);
  CHECK(after->runs[3].state == RunState::kPlanned);
}

TEST_CASE("sweep.json: another reader finds times, states and traces") {
  const auto json = nlohmann::json::parse(ToJson(Sample()));
  CHECK(json["format_version"] == 1);
  CHECK(json["plan"]["seed"] == 42);
  CHECK(json["sessions"][0]["start"] == "2023-11-14T22:13:20Z");  // date -u -d @1700000000
  CHECK(json["runs"].size() == 4);
  const auto& run = json["runs"][0];
  CHECK(run["number"] == 1);
  CHECK(run["run"] == "a.b.dry");
  CHECK(run["state"] == "crashed");
  CHECK(run["signal"] == 11);
  CHECK(run["exit_status"].is_null());
  CHECK(run["wall_seconds"] == 1.5);
  CHECK(run["trace"] == "a.b.dry/" + std::to_string(run["repetition"].get<int>()) + ".htrace");
}

TEST_CASE("sweep.json: a damaged one is refused with the reason") {
  const std::string good = ToJson(Sample());
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() / 2), std::string("[]"), std::string("{}"),
        Replaced(good, "\"format_version\": 1", "\"format_version\": 2"),
        Replaced(good, "\"seed\": 42", "\"seed\": 43"),
        Replaced(good, "\"repetitions\": 2", "\"repetitions\": 3"),
        Replaced(good, "\"repetitions\": 2", "\"repetitions\": 4000000000"),
        Replaced(good, "\"crashed\"", "\"melted\""), Replaced(good, "\"a.b\"", "\"../b\""),
        Replaced(good, "\"wall_ns\": 1500000000", "\"wall_ns\": \"x\"")}) {
    const auto state = FromJson(bad);
    CHECK(absl::IsInvalidArgument(state.status()));
    CHECK_FALSE(state.status().message().empty());
  }
}

TEST_CASE("NewSweep: draws a seed where none is given") {
  Plan plan = Sample().plan;
  plan.seed.reset();
  const SweepState state = NewSweep(plan);
  REQUIRE(state.plan.seed.has_value());
  CHECK(*state.plan.seed <= kMaxSeed);
}

TEST_CASE("Judge: the state follows from how workload and recording ended") {
  const auto judged = [](const RunReport& report, int expected) {
    Run run;
    Judge(report, expected, run);
    return run;
  };
  const auto exited = [](int status) {
    return ParseRunReport(ExitedLine(status, 7) + EndLine(0, 0));
  };
  CHECK(judged(exited(0), 0).state == RunState::kDone);
  CHECK(judged(exited(0), 0).wall_ns == 7);
  CHECK(judged(exited(3), 3).state == RunState::kDone);
  CHECK(judged(exited(0), 3).state == RunState::kFailed);
  CHECK(judged(exited(0), 3).reason == "exit status 0 instead of 3");
  CHECK(judged(exited(139), 0).state == RunState::kFailed);

  const Run crashed = judged(ParseRunReport(SignalledLine(11, 7) + EndLine(0, 2)), 0);
  CHECK(crashed.state == RunState::kCrashed);
  CHECK(crashed.signal == 11);
  CHECK(crashed.reason == "SIGSEGV ended it");
  CHECK(crashed.left_behind == 2);

  const Run late = judged(ParseRunReport(TimedOutLine() + SignalledLine(15, 7) + EndLine(0, 0)), 0);
  CHECK(late.state == RunState::kTimedOut);
  CHECK(late.signal == 15);

  const Run missing = judged(ParseRunReport(FailureLine("no\nsuch") + EndLine(0, 0)), 0);
  CHECK(missing.state == RunState::kNotRecorded);
  CHECK(missing.reason == "no\\x0asuch");
  // The disk was full at the end.
  CHECK(judged(ParseRunReport(ExitedLine(0, 7) + FailureLine("full") + EndLine(0, 0)), 0).state ==
        RunState::kNotRecorded);
  CHECK(judged(ParseRunReport(EndLine(11, 0)), 0).reason == "SIGSEGV ended heimdallr");
  CHECK(judged(ParseRunReport(""), 0).state == RunState::kNotRecorded);
}

TEST_CASE("SecondsLeft: runs to come take as long as those like them") {
  SweepState state =
      NewSweep({.repetitions = 2,
                .seed = 1,
                .modes = DefaultModes(),
                .workloads = {{.name = "a", .command = {"a"}}, {.name = "b", .command = {"b"}}}});
  CHECK_FALSE(SecondsLeft(state, 0).has_value());
  // In mode "dry": a took 10 s, b 20 s and 40 s; the other a is running for 4 s.
  bool first_a = true;
  std::uint64_t b_ns = 20'000'000'000;
  for (std::size_t i = 0; i < 4; ++i) {
    Run& run = state.runs[i];
    if (run.what.workload == 1) {
      run.state = RunState::kDone;
      run.wall_ns = b_ns;
      b_ns *= 2;
    } else if (first_a) {
      run.state = RunState::kFailed;
      run.wall_ns = 10'000'000'000;
      first_a = false;
    } else {
      run.state = RunState::kRunning;
    }
  }
  // 10 - 4 of the one that runs; in the other mode as in this one: 2 x 10 + 2 x 30.
  CHECK(SecondsLeft(state, 4) == 86.0);
  CHECK(SecondsLeft(state, 100) == 80.0);
}
