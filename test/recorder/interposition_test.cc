#include "recorder/interposition.h"

#include <algorithm>

#include <catch2/catch.hpp>

using heimdallr::recorder::FindExecutable;
using heimdallr::recorder::FitOfInterposer;
using heimdallr::recorder::InterposedEnvironment;
using heimdallr::recorder::InterposerFit;
using heimdallr::recorder::RelevantEnvironment;

TEST_CASE("InterposedEnvironment: the interposer comes before other preloaded libraries") {
  const auto environment = InterposedEnvironment({"A=1", "LD_PRELOAD=/x/libother.so", "B=2"},
                                                 "/l/lib.so", "/proc/1/fd/3");
  REQUIRE(environment.ok());
  CHECK(*environment == std::vector<std::string>{"A=1", "B=2",
                                                 "LD_PRELOAD=/l/lib.so:/x/libother.so",
                                                 "HEIMDALLR_CHANNEL=/proc/1/fd/3"});
}

TEST_CASE("InterposedEnvironment: a recorder inside a recorded program replaces its channel") {
  const auto environment =
      InterposedEnvironment({"HEIMDALLR_CHANNEL=/old"}, "/l/lib.so", "/proc/1/fd/3");
  REQUIRE(environment.ok());
  CHECK(std::count_if(environment->begin(), environment->end(), [](const auto& entry) {
          return entry.starts_with("HEIMDALLR_CHANNEL=");
        }) == 1);
}

TEST_CASE("InterposedEnvironment: a path that LD_PRELOAD cannot hold is refused") {
  for (const char* path : {"/my programs/lib.so", "/a:b/lib.so"}) {
    CHECK(InterposedEnvironment({}, path, "/c").status().code() ==
          absl::StatusCode::kFailedPrecondition);
  }
}

TEST_CASE("FindExecutable: looks in PATH unless the name has a slash") {
  CHECK(FindExecutable("sh").value().ends_with("/sh"));
  CHECK(FindExecutable("./x").value() == "./x");
  CHECK_FALSE(FindExecutable("no-such-program-at-all"));
}

TEST_CASE("FitOfInterposer: a dynamic program and a script can be interposed") {
  CHECK(FitOfInterposer("/bin/sh").kind == InterposerFit::Kind::kWorks);
  CHECK(FitOfInterposer("/etc/passwd").kind == InterposerFit::Kind::kWorks);
}

TEST_CASE("RelevantEnvironment: only what changes memory and threads is kept") {
  CHECK(
      RelevantEnvironment({"HOME=/root", "OMP_NUM_THREADS=4", "SECRET=x", "MALLOC_ARENA_MAX=1"}) ==
      std::vector<std::string>{"OMP_NUM_THREADS=4", "MALLOC_ARENA_MAX=1"});
}
