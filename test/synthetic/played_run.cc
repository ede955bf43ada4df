#include "played_run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include <catch2/catch.hpp>

#include "heimdallr/trace_reader.h"

namespace heimdallr::synthetic {
namespace {

/// A folder of its own with a named pipe that a real program waits at: it stands for the one that
/// is played, as the recorder releases and waits for a process.
class Stage {
 public:
  Stage() {
    std::string name = (std::filesystem::temp_directory_path() / "heimdallr-stage-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder_ = name;
    REQUIRE(mkfifo(pipe().c_str(), 0600) == 0);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string pipe() const { return folder_ / "pipe"; }
  [[nodiscard]] std::string trace() const { return folder_ / "played.htrace"; }

 private:
  std::filesystem::path folder_;
};

void ReadTrace(const std::string& path, Played& played) {
  auto reader = TraceReader::Open(path);
  REQUIRE(reader.ok());
  played.header = reader->header();
  while (true) {
    const auto record = reader->Next();
    REQUIRE(record.ok());
    if (*record == nullptr) break;
    if (const auto* access = std::get_if<AccessRecord>(*record)) {
      played.accesses.push_back(*access);
    } else if (const auto* loss = std::get_if<LossRecord>(*record)) {
      played.losses[loss->kind] += loss->count;
    }
  }
}

recorder::RecorderOptions OptionsOn(const Stage& stage) {
  recorder::RecorderOptions options;
  options.command = {"cat", stage.pipe()};
  options.output = stage.trace();
  options.allocations = recorder::AllocationTracing::kOff;
  return options;
}

}  // namespace

Played Record(SyntheticKernel& kernel, const Program& program,
              const std::function<void(recorder::RecorderOptions&)>& change) {
  const Stage stage;
  recorder::RecorderOptions options = OptionsOn(stage);
  if (change) change(options);
  Played played;
  // The real program opens its end of the pipe.
  std::thread player([&] {
    const int fd = open(stage.pipe().c_str(), O_WRONLY | O_CLOEXEC);
    if (!kernel.opened().empty()) {
      played.pid = kernel.pid();
      kernel.Begin(kHeap, kHeapBytes);
      program(kernel, played.executed);
      kernel.End();
    }
    close(fd);
  });
  auto result = recorder::Record(options, kernel.machine());
  if (!result.ok()) {
    // Nobody else opens the pipe.
    close(open(stage.pipe().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  player.join();
  INFO(result.status().ToString());
  REQUIRE(result.ok());
  played.result = *std::move(result);
  CHECK(played.result.trace_status.ok());
  ReadTrace(stage.trace(), played);
  return played;
}

}  // namespace heimdallr::synthetic
