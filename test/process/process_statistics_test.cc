#include "process/process_statistics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include <catch2/catch.hpp>

#include "abilities.h"

using heimdallr::process::ParsePeakRss;
using heimdallr::process::ParseStat;
using heimdallr::process::ReadProcessStatistics;

namespace {

// Fields 1 to 52 of proc(5), each with its own number as value but for those named.
constexpr const char* kStat =
    "77 (a) b) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 "
    "33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52\n";

}  // namespace

TEST_CASE("ParseStat: fields are taken by their number in proc(5), whatever the command's name") {
  const auto statistics = ParseStat(kStat, 100);
  REQUIRE(statistics);
  CHECK(statistics->state == 'S');
  CHECK(statistics->parent_pid == 4);
  CHECK(statistics->minor_faults == 10);
  CHECK(statistics->major_faults == 12);
  CHECK(statistics->user_ns == 14 * 10'000'000);
  CHECK(statistics->system_ns == 15 * 10'000'000);
  CHECK_FALSE(statistics->exit_status);
}

TEST_CASE("ParseStat: a zombie tells its exit status") {
  std::string text = kStat;
  text.replace(text.find(" S "), 3, " Z ");
  const auto statistics = ParseStat(text, 100);
  REQUIRE(statistics);
  CHECK(statistics->exit_status == 52);
}

TEST_CASE("ParseStat: cut text gives nothing") {
  const std::string text = kStat;
  for (std::size_t length = 0; length < text.size() - 3; ++length) {
    CHECK_FALSE(ParseStat(text.substr(0, length), 100));
  }
}

TEST_CASE("ParsePeakRss: VmHWM in kB becomes bytes, and is 0 where it is missing") {
  CHECK(ParsePeakRss("Name:\tx\nVmHWM:\t    1536 kB\nVmRSS:\t 12 kB\n") == 1536 * 1024);
  CHECK(ParsePeakRss("Name:\tx\n") == 0);
}

TEST_CASE("ReadProcessStatistics: agrees with getrusage of this process") {
  if (!heimdallr::test::ProcessesAreSeen()) return;
  const auto statistics = ReadProcessStatistics(getpid());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  REQUIRE(statistics);
  CHECK(statistics->parent_pid == getppid());
  CHECK(statistics->minor_faults <= static_cast<std::uint64_t>(usage.ru_minflt));
  CHECK(statistics->minor_faults > 0);
  CHECK(statistics->max_rss_bytes > 0);
  // Since Linux 6.2 each of the three counts of resident pages is kept by CPU and read without the
  // last pages, at most max(32, 2 x CPUs) a CPU (lib/percpu_counter.c).
  const auto cpus = static_cast<std::uint64_t>(sysconf(_SC_NPROCESSORS_ONLN));
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t inexact = 3 * cpus * std::max<std::uint64_t>(32, 2 * cpus) * page;
  CHECK(statistics->max_rss_bytes <= static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 + inexact);
}
