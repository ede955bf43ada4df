#include "recorder/page_watch.h"

#include <numaif.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "base/clock.h"

namespace heimdallr::recorder {
namespace {

constexpr std::uint64_t kIntervalNs = 1'000'000;
constexpr std::size_t kPages = 32;
const auto kPage = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

// Waits for looks as long as it takes; a watch that finds none is stopped by whoever runs the test.
std::vector<PlacementLook> NextLooks(PageWatch& watch) {
  while (true) {
    if (auto looks = watch.Take(); !looks.empty()) return looks;
    REQUIRE(watch.status().ok());
    std::this_thread::yield();
  }
}

PlacementLook NextLookAt(std::int32_t pid, PageWatch& watch) {
  while (true) {
    for (PlacementLook& look : NextLooks(watch)) {
      if (look.pid == pid) return std::move(look);
    }
  }
}

std::int32_t EndedProcess() {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(0);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  return child;
}

std::uint64_t BytesIn(const PlacementLook& look, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t bytes = 0;
  for (const topology::PageRun& run : look.pages.runs) {
    const std::uint64_t first = std::max(run.address, begin);
    const std::uint64_t last = std::min(run.address + run.bytes, end);
    if (first < last) bytes += last - first;
  }
  return bytes;
}

bool CannotAsk() {
  int here = 0;
  void* page = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&here) & ~(kPage - 1));
  int node = -1;
  if (move_pages(0, 1, &page, nullptr, &node, 0) == 0 && node >= 0) return false;
  WARN("SKIPPED: move_pages(2) does not tell nodes here");
  return true;
}

// Pages of this process, of which the first `touched` have memory.
class Block {
 public:
  explicit Block(std::size_t touched)
      : start_(static_cast<char*>(mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(start_ != MAP_FAILED);
    REQUIRE(madvise(start_, kPages * kPage, MADV_NOHUGEPAGE) == 0);
    for (std::size_t page = 0; page < touched; ++page) start_[page * kPage] = 1;
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { munmap(start_, kPages * kPage); }

  [[nodiscard]] std::uint64_t begin() const { return reinterpret_cast<std::uintptr_t>(start_); }
  [[nodiscard]] std::uint64_t end() const { return begin() + kPages * kPage; }
  void Hide() { REQUIRE(mprotect(start_, kPages * kPage, PROT_NONE) == 0); }

 private:
  char* start_;
};

}  // namespace

TEST_CASE("PageWatch: what a process has touched is seen, look after look") {
  if (CannotAsk()) return;
  const Block block(5);
  const std::uint64_t begin_ns = base::MonotonicNs();
  PageWatch watch(kIntervalNs);
  watch.SetProcesses({getpid()});
  std::uint64_t last_ns = begin_ns;
  for (int i = 0; i < 3; ++i) {
    for (const PlacementLook& look : NextLooks(watch)) {
      CHECK(look.pid == getpid());
      CHECK(look.monotonic_ns > last_ns);
      CHECK(look.monotonic_ns <= base::MonotonicNs());
      last_ns = look.monotonic_ns;
      CHECK(BytesIn(look, block.begin(), block.end()) == 5 * kPage);
    }
  }
  CHECK(watch.status().ok());
}

TEST_CASE("PageWatch: memory that no access can reach is not looked at") {
  if (CannotAsk()) return;
  Block block(5);
  block.Hide();
  PageWatch watch(kIntervalNs);
  watch.SetProcesses({getpid()});
  const PlacementLook look = NextLookAt(getpid(), watch);
  CHECK(BytesIn(look, block.begin(), block.end()) == 0);
  CHECK(look.pages.seen_pages > 0);
}

TEST_CASE("PageWatch: a process that has ended is passed over, without a complaint") {
  if (CannotAsk()) return;
  const std::int32_t ended = EndedProcess();
  PageWatch watch(kIntervalNs);
  watch.SetProcesses({ended, getpid()});
  // It comes first, so it has been looked for when there is one of this process.
  for (const PlacementLook& look : NextLooks(watch)) CHECK(look.pid == getpid());
  CHECK(watch.status().ok());
}

TEST_CASE("PageWatch: no look that is yet to come began before the time that is complete") {
  if (CannotAsk()) return;
  PageWatch watch(kIntervalNs);
  watch.SetProcesses({getpid()});
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t complete_ns = watch.CompleteUntil();
    CHECK(complete_ns <= base::MonotonicNs());
    for (const PlacementLook& look : NextLooks(watch)) CHECK(look.monotonic_ns >= complete_ns);
  }
}

TEST_CASE("PageWatch: without processes nothing is found, and it ends when it is told to") {
  PageWatch watch(kIntervalNs);
  CHECK(watch.Take().empty());
  CHECK(watch.status().ok());
}

}  // namespace heimdallr::recorder
