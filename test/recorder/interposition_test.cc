#include "recorder/interposition.h"

#include <algorithm>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

using heimdallr::recorder::FindExecutable;
using heimdallr::recorder::FitOfInterposer;
using heimdallr::recorder::InterposedEnvironment;
using heimdallr::recorder::InterposerFit;
using heimdallr::recorder::Preload;
using heimdallr::recorder::RelevantEnvironment;

namespace {

const Preload kInterposer = {.libraries = {"/l/lib.so"},
                             .settings = {"HEIMDALLR_CHANNEL=/proc/1/fd/3"}};

}  // namespace

TEST_CASE("InterposedEnvironment: the interposer comes before other preloaded libraries") {
  const auto environment =
      InterposedEnvironment({"A=1", "LD_PRELOAD=/x/libother.so", "B=2"}, kInterposer);
  REQUIRE(environment.ok());
  CHECK(*environment == std::vector<std::string>{"A=1", "B=2",
                                                 "LD_PRELOAD=/l/lib.so:/x/libother.so",
                                                 "HEIMDALLR_CHANNEL=/proc/1/fd/3"});
}

TEST_CASE("InterposedEnvironment: libraries keep their order, and only their settings are new") {
  const auto environment = InterposedEnvironment(
      {"HEIMDALLR_MEMORY=kind=hbw", "HEIMDALLR_MEMORY_OF=x"},
      {.libraries = {"/l/first.so", "/l/second.so"}, .settings = {"HEIMDALLR_MEMORY=pmem=/a=b"}});
  REQUIRE(environment.ok());
  CHECK(*environment == std::vector<std::string>{"HEIMDALLR_MEMORY_OF=x",
                                                 "LD_PRELOAD=/l/first.so:/l/second.so",
                                                 "HEIMDALLR_MEMORY=pmem=/a=b"});
}

TEST_CASE("InterposedEnvironment: a recorder inside a recorded program replaces its channel") {
  const auto environment = InterposedEnvironment({"HEIMDALLR_CHANNEL=/old"}, kInterposer);
  REQUIRE(environment.ok());
  CHECK(std::count_if(environment->begin(), environment->end(), [](const auto& entry) {
          return entry.starts_with("HEIMDALLR_CHANNEL=");
        }) == 1);
}

TEST_CASE("InterposedEnvironment: a path that LD_PRELOAD cannot hold is refused") {
  for (const char* path : {"/my programs/lib.so", "/a:b/lib.so"}) {
    CHECK(InterposedEnvironment({}, {.libraries = {"/l/lib.so", path}}).status().code() ==
          absl::StatusCode::kFailedPrecondition);
  }
}

TEST_CASE("FindExecutable: looks in PATH unless the name has a slash") {
  CHECK(FindExecutable("sh").value().ends_with("/sh"));
  CHECK(FindExecutable("./x").value() == "./x");
  CHECK_FALSE(FindExecutable("no-such-program-at-all"));
}

TEST_CASE("FitOfInterposer: a dynamic program and a script can be interposed") {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  CHECK(FitOfInterposer(self).kind == InterposerFit::Kind::kWorks);
  CHECK(FitOfInterposer("/etc/passwd").kind == InterposerFit::Kind::kWorks);
}

TEST_CASE("RelevantEnvironment: only what changes memory and threads is kept") {
  CHECK(
      RelevantEnvironment({"HOME=/root", "OMP_NUM_THREADS=4", "SECRET=x", "MALLOC_ARENA_MAX=1"}) ==
      std::vector<std::string>{"OMP_NUM_THREADS=4", "MALLOC_ARENA_MAX=1"});
}

TEST_CASE("RelevantEnvironment: the rank of a process is kept, whatever started it") {
  // Open MPI, MPICH and Intel MPI, MVAPICH2, Slurm, PMIx, Cray PALS.
  const std::vector<std::string> ranks = {
      "OMPI_COMM_WORLD_RANK=3", "OMPI_COMM_WORLD_SIZE=8", "PMI_RANK=3",  "PMI_SIZE=8",
      "MV2_COMM_WORLD_RANK=3",  "SLURM_PROCID=3",         "PMIX_RANK=3", "PALS_RANKID=3"};
  CHECK(RelevantEnvironment(ranks) == ranks);
  CHECK(RelevantEnvironment({"OMPI_MCA_orte_hnp_uri=secret", "SLURM_JWT=secret"}).empty());
}
