#include "recorder/heap_probe.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "recorder/interposition.h"

namespace heimdallr::recorder {
namespace {

using Catch::Matchers::Contains;

// A program in place of heimdallr-heap-probe: the commands of a shell.
class FakeProbe {
 public:
  explicit FakeProbe(const std::string& commands) {
    std::string folder = std::filesystem::temp_directory_path() / "heimdallr-probe-XXXXXX";
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    std::ofstream(Program()) << "#!/bin/sh\n" << commands << "\n";
    chmod(Program().c_str(), 0700);
  }
  FakeProbe(const FakeProbe&) = delete;
  FakeProbe& operator=(const FakeProbe&) = delete;
  ~FakeProbe() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string Program() const { return folder_ + "/probe"; }

  [[nodiscard]] absl::Status Try(const std::string& advice = "") const {
    const AskedHeap heap = {.name = "kind:hbw",
                            .setting = "fork=private;fallback=1;size=0;kind=hbw",
                            .strict_setting = "fork=private;fallback=0;size=0;kind=hbw",
                            .advice = advice};
    std::vector<std::string> environment = CurrentEnvironment();
    environment.emplace_back("LD_PRELOAD=libothers.so");
    return TryHeap(heap, {.program = Program(),
                          .memory_library = "libm.so.6",  // any that is everywhere
                          .environment = std::move(environment)});
  }

 private:
  std::string folder_;
};

std::string Refusal(const std::string& commands, const std::string& advice = "") {
  const absl::Status status = FakeProbe(commands).Try(advice);
  REQUIRE(status.code() == absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

}  // namespace

TEST_CASE("TryHeap: a program that gets a block says that the heap serves") {
  CHECK(FakeProbe("exit 0").Try().ok());
}

TEST_CASE("TryHeap: the program has the library alone, and the setting without a fallback") {
  CHECK(FakeProbe("test \"$LD_PRELOAD\" = libm.so.6 && "
                  "test \"$HEIMDALLR_MEMORY\" = 'fork=private;fallback=0;size=0;kind=hbw'")
            .Try()
            .ok());
}

TEST_CASE("TryHeap: the reason is that of the library, with advice") {
  const std::string said =
      "echo noise >&2; echo 'heimdallr: the memory asked for (kind=hbw) cannot be had: there is "
      "none. Every allocation fails' >&2; exit 1";
  CHECK(Refusal(said) == "kind:hbw: there is none");
  CHECK(Refusal(said, "add some") == "kind:hbw: there is none (add some)");
}

TEST_CASE("TryHeap: a library that says nothing has no room") {
  CHECK_THAT(Refusal("exit 1"), Contains("no room for the smallest block"));
}

TEST_CASE("TryHeap: a library that was not loaded is told with the loader's words") {
  CHECK_THAT(Refusal("echo 'libmemkind.so.0: cannot open' >&2; exit 2"),
             Contains("was not loaded: libmemkind.so.0: cannot open"));
}

TEST_CASE("TryHeap: when memkind ends the program, its last words and the signal are told") {
  CHECK_THAT(Refusal("echo first >&2; printf 'MEMKIND_FATAL: no \\033 arenas\\n' >&2; kill -6 $$"),
             Contains("signal 6): MEMKIND_FATAL: no \\x1b arenas"));
}

TEST_CASE("TryHeap: much text is read to its end") {
  CHECK_THAT(Refusal("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1"), Contains("xxx"));
}

TEST_CASE("TryHeap: a program that is not there is told as such") {
  const absl::Status status =
      TryHeap({.name = "x"}, {.program = "/no/such/probe", .memory_library = "libm.so.6"});
  CHECK(status.code() == absl::StatusCode::kNotFound);
  CHECK_THAT(std::string(status.message()), Contains("/no/such/probe"));
}

}  // namespace heimdallr::recorder
