#include "cli/sweep_options.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "cli/sweep_progress.h"
#include "trace/temporary_folder.h"

using namespace heimdallr;
using cli::ParseSweepCommand;
using cli::PrintAndExit;
using cli::SweepAction;
using cli::SweepCommand;

namespace {

SweepCommand Good(const std::vector<std::string>& arguments) {
  auto parsed = ParseSweepCommand(arguments);
  if (const auto* wrong = std::get_if<PrintAndExit>(&parsed)) FAIL(wrong->error);
  return std::get<SweepCommand>(parsed);
}

std::string Wrong(const std::vector<std::string>& arguments) {
  const auto parsed = ParseSweepCommand(arguments);
  REQUIRE(std::holds_alternative<PrintAndExit>(parsed));
  CHECK(std::get<PrintAndExit>(parsed).exit_status == 125);
  return std::get<PrintAndExit>(parsed).error;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Problem(const std::vector<std::string>& options) {
  return std::string(cli::CheckModeOptions(options).status().message());
}

}  // namespace

TEST_CASE("Sweep options: folder, repetitions and workloads in words") {
  const SweepCommand command =
      Good({"--seed", "5", "--timeout", "1.5", "out", "3", "./bt.A -x 'a b'", "sh -c exit"});
  CHECK(command.action == SweepAction::kRun);
  CHECK(command.folder == "out");
  CHECK(command.plan.repetitions == 3);
  CHECK(command.plan.seed == 5);
  CHECK(command.plan.timeout_seconds == 1.5);
  REQUIRE(command.plan.workloads.size() == 2);
  CHECK(command.plan.workloads[0].name == "bt.A");
  CHECK(command.plan.workloads[0].command == std::vector<std::string>{"./bt.A", "-x", "a b"});
  CHECK(command.plan.workloads[0].folder == std::filesystem::current_path().string());
  CHECK(command.plan.modes == sweep::DefaultModes());
}

TEST_CASE("Sweep options: modes can be chosen, workloads stay behind them") {
  const SweepCommand command = Good({"--mode", "1000hz", "out", "1", "true"});
  REQUIRE(command.plan.modes.size() == 1);
  CHECK(command.plan.modes[0].name == "1000hz");
  CHECK(Good({"--mode", "dry", "--mode", "1000hz", "out", "1", "true"}).plan.modes.size() == 2);
  CHECK(Has(Wrong({"--mode", "x", "out", "1", "true"}), "no mode 'x'; there is: dry, 1000hz"));
}

TEST_CASE("Sweep options: a plan's file says all but the folder") {
  const trace::TemporaryFolder folder;
  const std::string plan = folder.File("nodes.toml");
  trace::WriteFile(plan, "repetitions = 2\nseed = 1\n[[workload]]\ncommand = 'true'\n");
  CHECK(Good({"--plan", plan}).folder == "nodes.sweep");
  const SweepCommand command = Good({"--plan", plan, "--seed", "2", "out"});
  CHECK(command.folder == "out");
  CHECK(command.plan.seed == 2);
  CHECK(Has(Wrong({"--plan", plan, "out", "3"}), "nothing but OUTDIR"));
  trace::WriteFile(plan, "repetitions = 2\n[[mode]]\nname='m'\nsource='magic'\n");
  CHECK(Wrong({"--plan", plan, "out"}) ==
        "heimdallr: " + plan +
            ":4: 'source' of [[mode]] is refused: --source: 'magic' is not "
            "'auto', 'pmu', 'clock', 'faults' or 'none'\n");
}

TEST_CASE("Sweep options: a sweep that is resumed has its plan") {
  const SweepCommand command = Good({"--resume", "out"});
  CHECK(command.action == SweepAction::kResume);
  CHECK_FALSE(command.plan_given);
  CHECK(Good({"--resume", "out", "3", "true"}).plan_given);
  CHECK(Good({"--resume", "--list-plan", "out"}).action == SweepAction::kListMissing);
  CHECK(Has(Wrong({"--resume", "--seed", "1", "out"}), "leave them out"));
}

TEST_CASE("Sweep options: wrong use is said in one line before the usage") {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"out"},
                                                    {"out", "3"},
                                                    {"out", "x", "true"},
                                                    {"out", "0", "true"},
                                                    {"out", "3", "a 'b"},
                                                    {"out", "3", "''"},
                                                    {"--seed", "-1", "o", "1", "t"},
                                                    {"--timeout", "0", "o", "1", "t"},
                                                    {"--timeout", "nan", "o", "1", "t"},
                                                    {"--no-such"}}) {
    CHECK(Wrong(arguments).starts_with("heimdallr: sweep: "));
    CHECK(Has(Wrong(arguments), "\nUsage: heimdallr sweep [options] OUTDIR"));
  }
}

TEST_CASE("Sweep options: those of a mode are checked as heimdallr would") {
  CHECK(*cli::CheckModeOptions({"--frequency=2000", "--compress"}) == 2000);
  CHECK(*cli::CheckModeOptions({}) == 1000);
  CHECK(*cli::CheckModeOptions({"--dry-run"}) == 0);
  CHECK(*cli::CheckModeOptions({"--source", "none"}) == 0);
  CHECK(Has(Problem({"--no-such"}), "unknown option '--no-such'"));
  CHECK(Has(Problem({"--frequency=0"}), "--frequency"));
  CHECK(Has(Problem({"--frequency=10", "--period=20000"}), "excludes"));
  for (const char* option : {"--output=x", "--force"})
    CHECK(Has(Problem({option}), "sweep itself"));
  for (const char* option : {"--help", "--version", "--", "word"})
    CHECK_FALSE(Problem({option}).empty());
}

TEST_CASE("Sweep progress: the line says how far it is and what runs, in the columns there are") {
  sweep::SweepState state = sweep::NewSweep({.repetitions = 2,
                                             .seed = 1,
                                             .modes = sweep::DefaultModes(),
                                             .workloads = {{.name = "bt.A", .command = {"bt.A"}}}});
  const std::uint32_t second = state.runs[1].what.repetition;
  state.runs[0].state = sweep::RunState::kDone;
  state.runs[0].wall_ns = 100'000'000'000;
  state.runs[1].state = sweep::RunState::kRunning;
  // Three runs of 100 s are left, 12 s of one are over.
  CHECK(cli::SweepProgressLine(state, 1, 12, 200) ==
        "[#####...............] 1 of 4  bt.A.dry " + std::to_string(second) + "  12 s  04:48 left");
  CHECK(cli::SweepProgressLine(state, 1, 12, 30).size() == 29);
  state.runs[1].state = sweep::RunState::kCrashed;
  state.runs[1].wall_ns = 1'500'000'000;
  state.runs[1].reason = "SIGSEGV ended it";
  CHECK(cli::SweepRunLine(state, 1) == "2/4  bt.A.dry     " + std::to_string(second) +
                                           "  crashed           1.500 s  SIGSEGV ended it");
  CHECK(cli::SweepTotals(state) == "2 planned, 1 done, 1 crashed");
}
