#include "sweep/result_folder.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "trace/temporary_folder.h"

using namespace heimdallr::sweep;
using heimdallr::trace::ReadFile;
using heimdallr::trace::TemporaryFolder;
using heimdallr::trace::WriteFile;
namespace fs = std::filesystem;

namespace {

SweepState Small() {
  SweepState state = NewSweep({.repetitions = 3,
                               .seed = 1,
                               .modes = {{.name = "m"}},
                               .workloads = {{.name = "w", .command = {"w"}, .folder = "/"}}});
  state.sessions.emplace_back();
  return state;
}

ResultFolder Opened(const std::string& path) {
  auto folder = ResultFolder::Open(path, ResultFolder::WhenLocked::kFail);
  REQUIRE(folder.ok());
  return *std::move(folder);
}

}  // namespace

TEST_CASE("ResultFolder: is made, keeps a state and gives it back") {
  const TemporaryFolder place;
  const std::string path = place.File("new/out");
  CHECK_FALSE(ResultFolder::HasSweep(path));
  const ResultFolder folder = Opened(path);
  CHECK(folder.Save(Small()).ok());
  CHECK(ResultFolder::HasSweep(path));
  const auto state = ResultFolder::Load(path);
  REQUIRE(state.ok());
  CHECK(state->runs.size() == 3);
  CHECK(folder.FilesOf(*state, state->runs[0]).trace.starts_with(path + "/w.m/"));
}

TEST_CASE("ResultFolder: only one sweep has it") {
  const TemporaryFolder place;
  {
    const ResultFolder folder = Opened(place.File("out"));
    const auto second = ResultFolder::Open(place.File("out"), ResultFolder::WhenLocked::kFail);
    CHECK(absl::IsFailedPrecondition(second.status()));
    CHECK(std::string(second.status().message()).find("another sweep") != std::string::npos);
  }
  Opened(place.File("out"));
}

TEST_CASE("ResultFolder: where none can be made, the error says so") {
  const TemporaryFolder place;
  WriteFile(place.File("file"), "x");
  const auto folder = ResultFolder::Open(place.File("file/out"), ResultFolder::WhenLocked::kFail);
  REQUIRE_FALSE(folder.ok());
  CHECK(std::string(folder.status().message()).find("file/out") != std::string::npos);
}

TEST_CASE("ResultFolder: a damaged state is named") {
  const TemporaryFolder place;
  WriteFile(place.File("sweep.json"), "{");
  const auto state = ResultFolder::Load(place.File("."));
  CHECK(absl::IsInvalidArgument(state.status()));
  CHECK(std::string(state.status().message()).find("sweep.json") != std::string::npos);
}

TEST_CASE("ResultFolder: a trace that has its name is never replaced") {
  const TemporaryFolder place;
  const ResultFolder folder = Opened(place.File("out"));
  const SweepState state = Small();
  const RunFiles files = folder.FilesOf(state, state.runs[0]);
  REQUIRE(folder.CheckFree(state).ok());
  REQUIRE(folder.Prepare(files).ok());
  WriteFile(files.partial_trace, "new");
  WriteFile(files.trace, "old");
  CHECK(absl::IsAlreadyExists(folder.Finish(files)));
  CHECK(absl::IsAlreadyExists(folder.CheckFree(state)));
  CHECK(ReadFile(files.trace) == "old");
  fs::remove(files.trace);
  CHECK(folder.Finish(files).ok());
  CHECK(ReadFile(files.trace) == "new");
}

TEST_CASE("ResultFolder: recovery ends what was written down and plans the rest again") {
  const TemporaryFolder place;
  const ResultFolder folder = Opened(place.File("out"));
  SweepState state = Small();
  std::vector<RunFiles> files;
  for (const Run& run : state.runs) files.push_back(folder.FilesOf(state, run));
  REQUIRE(folder.Prepare(files[0]).ok());
  // Killed before the trace got its name; while running; and the file of a result is gone.
  state.runs[0].state = RunState::kCrashed;
  WriteFile(files[0].partial_trace, "whole");
  state.runs[1].state = RunState::kRunning;
  WriteFile(files[1].partial_trace, "half");
  state.runs[2].state = RunState::kDone;
  WriteFile(folder.path() + "/sweep.json.abcdef", "half");
  REQUIRE(folder.Recover(state).ok());
  CHECK(state.runs[0].state == RunState::kCrashed);
  CHECK(ReadFile(files[0].trace) == "whole");
  CHECK(state.runs[1].state == RunState::kPlanned);
  CHECK_FALSE(fs::exists(files[1].partial_trace));
  CHECK(state.runs[2].state == RunState::kPlanned);
  CHECK_FALSE(fs::exists(folder.path() + "/sweep.json.abcdef"));
  // A trace that nobody knows of is not ours to replace.
  WriteFile(files[1].trace, "foreign");
  CHECK(absl::IsAlreadyExists(folder.Recover(state)));
}
