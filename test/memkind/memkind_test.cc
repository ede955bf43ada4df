// Programs whose heap libheimdallr-memkind.so takes from elsewhere.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "abilities.h"

namespace {

struct Outcome {
  int status = 0;
  std::string output;  // stdout and stderr
};

// Settings of kMemoryVariable before the command line.
Outcome Run(const std::string& memory, const std::string& command,
            const std::string& libraries = HEIMDALLR_MEMKIND) {
  const std::string line =
      "HEIMDALLR_MEMORY='" + memory +
      "' MEMKIND_HBW_NODES=0 MEMKIND_DAX_KMEM_NODES=0 LD_PRELOAD=" + libraries + " " + command +
      " 2>&1";
  Outcome outcome;
  std::FILE* const pipe = popen(line.c_str(), "r");
  REQUIRE(pipe != nullptr);
  char buffer[4096];
  while (const std::size_t bytes = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    outcome.output.append(buffer, bytes);
  }
  outcome.status = pclose(pipe);
  return outcome;
}

// A folder on tmpfs that goes when the test does; nothing may be left in it.
class Folder {
 public:
  Folder() {
    char path[] = "/dev/shm/heimdallr-test-XXXXXX";
    REQUIRE(mkdtemp(path) != nullptr);
    path_ = path;
  }
  ~Folder() { CHECK(rmdir(path_.c_str()) == 0); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string pmem() const { return "pmem=" + path_; }

 private:
  std::string path_;
};

Outcome Subject(const std::string& memory, const std::string& name,
                const std::string& libraries = HEIMDALLR_MEMKIND) {
  Outcome outcome = Run(memory, HEIMDALLR_MEMKIND_SUBJECT " " + name, libraries);
  INFO(memory << " " << name << ": " << outcome.output);
  CHECK(outcome.status == 0);
  CHECK(outcome.output.find("done") != std::string::npos);
  return outcome;
}

void InEveryMemory(const std::string& name) {
  const Folder folder;
  for (const std::string& memory :
       {folder.pmem(), std::string("kind=regular"), std::string("kind=hbw-all"),
        std::string("kind=dax-kmem-all")}) {
    Subject(memory, name);
    Subject(memory, name, HEIMDALLR_PRELOAD ":" HEIMDALLR_MEMKIND);
  }
}

}  // namespace

TEST_CASE("Memory: every form of call is served from it, aligned and large enough") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  InEveryMemory("forms");
}

TEST_CASE("Memory: calls that cannot succeed fail as libc's do") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;
  InEveryMemory("failures");
}

TEST_CASE("Memory: realloc keeps contents, between sizes and between owners") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  InEveryMemory("reallocs");
}

TEST_CASE("Memory: calloc clears memory that was used before") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;
  InEveryMemory("zeroed");
}

TEST_CASE("Memory: blocks keep their contents while threads exchange them") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  InEveryMemory("threads");
}

TEST_CASE("Memory: after a fork neither process sees what the other writes") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  InEveryMemory("fork");
}

TEST_CASE("Memory: processes forked while threads allocate can allocate") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  InEveryMemory("fork_among_threads");
}

TEST_CASE("Memory: a forked child leaves the locks of its parent's streams alone") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  Subject(folder.pmem(), "fork_with_streams");
}

TEST_CASE("Memory: static objects, destructors and threads outlive memkind") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  for (const std::string& memory : {folder.pmem(), std::string("kind=regular")}) {
    for (int i = 0; i < 5; ++i) {
      const Outcome outcome = Subject(memory, "end");
      CHECK(outcome.output.find("looked: static object") != std::string::npos);
      CHECK(outcome.output.find("looked: destructor") != std::string::npos);
      CHECK(outcome.output.find("looked: on_exit") != std::string::npos);
    }
  }
}

TEST_CASE("Memory: a program may close and replace descriptors it did not open") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  Subject(folder.pmem(), "descriptors");
}

TEST_CASE("Memory: fork fails when it is to be refused, and says so once") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  const Outcome outcome = Subject("fork=refuse;" + folder.pmem(), "fork_refused");
  const std::size_t said = outcome.output.find("fork refused");
  REQUIRE(said != std::string::npos);
  CHECK(outcome.output.find("fork refused", said + 1) == std::string::npos);
  // Private memory is no reason.
  Subject("fork=refuse;kind=regular", "fork");
}

TEST_CASE("Memory: a limit is kept to, and what is freed can be used again") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  Subject("size=16777216;" + folder.pmem(), "full");
}

TEST_CASE("Memory: with the fallback other memory serves when it is full") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  Subject("fallback=1;size=16777216;" + folder.pmem(), "full_with_fallback");
}

TEST_CASE("Memory: what cannot be had is told in one line, and allocations fail") {
  const std::string reason = "cannot be had: ";
  for (const char* memory : {"pmem=/nonexistent", "pmem=/dev/null", "kind=hbw-preferred-x",
                             "kind=dax-kmem-interleave", "nonsense"}) {
    const Outcome outcome =
        Run(memory, "env -u MEMKIND_DAX_KMEM_NODES " HEIMDALLR_MEMKIND_SUBJECT " unavailable");
    INFO(memory << ": " << outcome.output);
    CHECK(outcome.output.find(reason) != std::string::npos);
  }
}

TEST_CASE("Memory: what cannot be had is replaced without a word when there is the fallback") {
  for (const char* memory : {"fallback=1;pmem=/nonexistent", "fallback=1;kind=no-such-kind"}) {
    const Outcome outcome = Subject(memory, "unavailable_with_fallback");
    CHECK(outcome.output == "done\n");
  }
}

TEST_CASE("Memory: values of memkind's variables for which it aborts do no harm") {
  if (!heimdallr::test::MemoryPoliciesAreThere()) return;

  const Folder folder;
  for (const char* variable : {"MEMKIND_ARENA_NUM_PER_KIND=0", "MEMKIND_ARENA_NUM_PER_KIND=x",
                               "MEMKIND_BACKGROUND_THREAD_LIMIT=x", "MEMKIND_HEAP_MANAGER=TBB"}) {
    INFO(variable);
    const Outcome outcome =
        Run(folder.pmem(), std::string(variable) + " " HEIMDALLR_MEMKIND_SUBJECT " forms");
    INFO(outcome.output);
    CHECK(outcome.status == 0);
  }
}

TEST_CASE("Memory: nothing asked for is libc's heap") {
  if (!heimdallr::test::InstalledProgramsAreNative()) return;
  const Outcome outcome = Run("", "sh -c 'echo $(echo fine)'");
  CHECK(outcome.status == 0);
  CHECK(outcome.output == "fine\n");
}
