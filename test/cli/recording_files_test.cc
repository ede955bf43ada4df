#include "cli/recording_files.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  std::string Write(const std::string& name, const std::string& content = "x") const {
    const fs::path path = fs::path(path_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << content;
    return path.string();
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/heimdallr-test-XXXXXX";
};

TEST_CASE(
    "NameOfRecording: a numbered file in a folder WORKLOAD.MODE is a repetition of that run") {
  const store::RecordingName name = NameOfRecording("/out/bt.A.clock/12.htrace", {});
  CHECK(name.run == "bt.A.clock");
  CHECK(name.workload == "bt.A");
  CHECK(name.mode == "clock");
  CHECK(name.number == 12);
  CHECK(name.path == "/out/bt.A.clock/12.htrace");
}

TEST_CASE("NameOfRecording: any other file is a run of its own name") {
  for (const auto& [path, run] :
       {std::pair("/out/bt.A.clock/first.htrace", "first"), std::pair("/out/runs/3.htrace", "3"),
        std::pair("/out/.hidden/3.htrace", "3"), std::pair("/out/dot./3.htrace", "3"),
        std::pair("solver.4711.htrace", "solver.4711"), std::pair("/x/.htrace", ".htrace")}) {
    const store::RecordingName name = NameOfRecording(path, {});
    CHECK(name.run == run);
    CHECK(name.workload == run);
    CHECK(name.mode.empty());
    CHECK(name.number == 0);
  }
}

TEST_CASE("NameOfRecording: knows dry runs by their name or by what they say") {
  CHECK(NameOfRecording("/x/solver.dry.htrace", {}).mode == "dry");
  CHECK(NameOfRecording("/x/solver.dry.htrace", {}).workload == "solver");
  const TraceHeader dry{.dry_run = true};
  CHECK(NameOfRecording("/x/solver.htrace", dry).mode == "dry");
  CHECK(NameOfRecording("/x/solver.htrace", dry).workload == "solver");
  CHECK(NameOfRecording("/x/a.b/1.htrace", dry).mode == "b");
}

TEST_CASE("TraceFiles: takes the traces of a folder and below in the order of their numbers") {
  const Folder folder;
  for (const char* name : {"b.x/10.htrace", "b.x/2.htrace", "a.x/1.htrace", "a.x/log.txt"}) {
    folder.Write(name);
  }
  const auto files = TraceFiles({folder.path()});
  REQUIRE(files.ok());
  CHECK(*files == std::vector<std::string>{folder.path() + "/a.x/1.htrace",
                                           folder.path() + "/b.x/2.htrace",
                                           folder.path() + "/b.x/10.htrace"});
}

TEST_CASE("TraceFiles: takes a file once however often it is named, and as it is called") {
  const Folder folder;
  const std::string file = folder.Write("no-suffix");
  const auto files = TraceFiles({file, folder.path() + "/./no-suffix"});
  REQUIRE(files.ok());
  CHECK(*files == std::vector<std::string>{file});
}

TEST_CASE("TraceFiles: what is not there, and a folder without traces, is an error that names it") {
  const Folder folder;
  for (const std::string& path : {folder.path(), folder.path() + "/missing"}) {
    const auto files = TraceFiles({path});
    CHECK(absl::IsNotFound(files.status()));
    CHECK(std::string(files.status().message()).find(path) != std::string::npos);
  }
}

TEST_CASE("IdentityOf: stays while a trace grows, and differs by header, time, host and process") {
  const Folder folder;
  const TraceHeader header{.host = "node", .start_realtime_ns = 7, .pid = 8};
  const std::string begin(100'000, 'a');
  const auto identity = [&](const std::string& text, const TraceHeader& of) {
    const auto found = IdentityOf(folder.Write("t", text), of, begin.size());
    REQUIRE(found.ok());
    return *found;
  };
  const std::string original = identity(begin, header);
  CHECK(identity(begin + std::string(300'000, 'b'), header) == original);
  CHECK(identity("b" + begin.substr(1), header) != original);
  CHECK(identity(begin.substr(1) + "b", header) != original);
  CHECK(identity(begin, {.host = "other", .start_realtime_ns = 7, .pid = 8}) != original);
  CHECK(identity(begin, {.host = "node", .start_realtime_ns = 8, .pid = 8}) != original);
  CHECK(identity(begin, {.host = "node", .start_realtime_ns = 7, .pid = 9}) != original);
}

TEST_CASE("IdentityOf: a file that is missing or shorter than its header is an error") {
  const Folder folder;
  CHECK_FALSE(IdentityOf(folder.path() + "/missing", {}, 1).ok());
  CHECK_FALSE(IdentityOf(folder.Write("t", "abc"), {}, 4).ok());
}

}  // namespace
}  // namespace heimdallr::cli
