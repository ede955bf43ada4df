#include "topology/page_nodes.h"

#include <fcntl.h>
#include <numaif.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::topology {
namespace {

const std::uint64_t kPage = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
constexpr std::uint64_t kAll = 1'000'000;  // more pages than any test has

// Memory of this process, in a mapping of its own: it differs from its neighbours in its flags.
class Memory {
 public:
  explicit Memory(std::uint64_t pages, int advice = MADV_NOHUGEPAGE)
      : bytes_(pages * kPage),
        start_(static_cast<char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
    REQUIRE(start_ != MAP_FAILED);
    madvise(start_, bytes_, advice);
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { munmap(start_, bytes_); }

  void Write(std::uint64_t page) { volatile_at(page) = 1; }
  [[nodiscard]] char Read(std::uint64_t page) const {
    return static_cast<const volatile char*>(start_)[page * kPage];
  }
  [[nodiscard]] std::uint64_t address(std::uint64_t page = 0) const {
    return reinterpret_cast<std::uintptr_t>(start_) + page * kPage;
  }
  [[nodiscard]] AddressRange range() const { return {address(), address() + bytes_}; }

 private:
  volatile char& volatile_at(std::uint64_t page) {
    return static_cast<volatile char*>(start_)[page * kPage];
  }

  std::uint64_t bytes_;
  char* start_;
};

// What the kernel says when asked for each page of `range`: those with memory and their nodes.
std::map<std::uint64_t, int> AskKernel(AddressRange range) {
  std::vector<void*> pages;
  for (std::uint64_t page = range.begin; page < range.end; page += kPage) {
    pages.push_back(reinterpret_cast<void*>(page));
  }
  std::vector<int> nodes(pages.size(), -1);
  REQUIRE(move_pages(0, pages.size(), pages.data(), nullptr, nodes.data(), 0) == 0);
  std::map<std::uint64_t, int> present;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (nodes[i] >= 0) present[range.begin + i * kPage] = nodes[i];
  }
  return present;
}

// "N0=12" of the mapping that begins at `address`, by node.
std::map<int, std::uint64_t> NumaMap(std::uint64_t address) {
  std::map<int, std::uint64_t> pages;
  std::ifstream maps("/proc/self/numa_maps");
  for (std::string line; std::getline(maps, line);) {
    if (std::strtoull(line.c_str(), nullptr, 16) != address) continue;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      int node = 0;
      unsigned long long count = 0;
      if (std::sscanf(word.c_str(), "N%d=%llu", &node, &count) == 2) pages[node] = count;
    }
  }
  return pages;
}

PageLook LookAt(const std::vector<AddressRange>& ranges, std::uint64_t most_pages = kAll) {
  // Older kernels know but one way; both are to find the same.
  auto pages = PageNodes::Open(getpid(), GENERATE(PresentBy::kScan, PresentBy::kReading));
  REQUIRE(pages.ok());
  auto look = pages->Look(ranges, most_pages);
  REQUIRE(look.ok());
  return *std::move(look);
}

std::map<std::uint64_t, int> PagesOf(const PageLook& look) {
  std::map<std::uint64_t, int> pages;
  for (const PageRun& run : look.runs) {
    for (std::uint64_t at = 0; at < run.bytes; at += kPage) pages[run.address + at] = run.node;
  }
  return pages;
}

// Sandboxes may keep a process from asking.
bool CannotAsk() {
  int here = 0;
  void* page = reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(&here) & ~(kPage - 1));
  int node = -1;
  if (move_pages(0, 1, &page, nullptr, &node, 0) == 0 && node >= 0) return false;
  WARN("SKIPPED: move_pages(2) does not tell nodes here");
  return true;
}

}  // namespace

TEST_CASE("PageNodes: pages and their nodes are those the kernel names one by one") {
  if (CannotAsk()) return;
  Memory memory(600);
  for (std::uint64_t page = 0; page < 600; page += 1 + page % 7) memory.Write(page);
  const auto expected = AskKernel(memory.range());
  REQUIRE(expected.size() > 100);

  const PageLook look = LookAt({memory.range()});
  CHECK(PagesOf(look) == expected);
  CHECK(look.present_pages == expected.size());
  CHECK(look.asked_pages == expected.size());
  CHECK(look.seen_pages == expected.size());
}

TEST_CASE("PageNodes: each node has as many pages as numa_maps counts") {
  if (CannotAsk()) return;
  Memory memory(5000);
  for (std::uint64_t page = 0; page < 5000; ++page) {
    if (page % 5 != 0) memory.Write(page);
  }
  const auto expected = NumaMap(memory.address());
  if (expected.empty()) {
    WARN("SKIPPED: this kernel has no numa_maps");
    return;
  }

  std::map<int, std::uint64_t> counted;
  for (const auto& [page, node] : PagesOf(LookAt({memory.range()}))) ++counted[node];
  CHECK(counted == expected);
  CHECK(counted.begin()->second <= 4000);
}

TEST_CASE("PageNodes: pages that follow each other on one node are one run") {
  if (CannotAsk()) return;
  Memory memory(40);
  for (const std::uint64_t page : {3U, 4U, 5U, 9U, 30U, 31U}) memory.Write(page);
  // Two nodes would part them, and no machine promises that they lie on one.
  for (const auto& [page, node] : AskKernel(memory.range())) {
    if (node != AskKernel(memory.range()).begin()->second) return;
  }
  const PageLook look = LookAt({memory.range()});
  REQUIRE(look.runs.size() == 3);
  CHECK(look.runs[0].address == memory.address(3));
  CHECK(look.runs[0].bytes == 3 * kPage);
  CHECK(look.runs[1].address == memory.address(9));
  CHECK(look.runs[1].bytes == kPage);
  CHECK(look.runs[2].address == memory.address(30));
  CHECK(look.runs[2].bytes == 2 * kPage);
}

TEST_CASE("PageNodes: what was read but never written is the page of zeros, and counts nowhere") {
  if (CannotAsk()) return;
  Memory memory(64);
  for (std::uint64_t page = 0; page < 64; ++page) CHECK(memory.Read(page) == 0);
  memory.Write(10);
  const PageLook look = LookAt({memory.range()});
  REQUIRE(look.runs.size() == 1);
  CHECK(look.runs[0].address == memory.address(10));
  CHECK(look.seen_pages == 1);
  // None was left out, so the page stands for itself alone.
  CHECK(look.asked_pages == look.present_pages);
}

TEST_CASE("PageNodes: what was given back and holes between mappings count nowhere") {
  if (CannotAsk()) return;
  Memory memory(96);
  for (std::uint64_t page = 0; page < 96; ++page) memory.Write(page);
  auto* const start = reinterpret_cast<char*>(memory.address());
  REQUIRE(madvise(start + 8 * kPage, 8 * kPage, MADV_DONTNEED) == 0);
  REQUIRE(munmap(start + 32 * kPage, 32 * kPage) == 0);
  const PageLook look = LookAt({memory.range()});
  CHECK(look.seen_pages == 96 - 8 - 32);
  CHECK(PagesOf(look) == AskKernel(memory.range()));
}

TEST_CASE("PageNodes: of several ranges each has its own pages, in their order") {
  if (CannotAsk()) return;
  Memory memory(32);
  for (std::uint64_t page = 0; page < 32; ++page) memory.Write(page);
  const PageLook look = LookAt({{memory.address(2), memory.address(4)},
                                {memory.address(7), memory.address(7)},
                                {memory.address(20), memory.address(23)}});
  CHECK(look.seen_pages == 5);
  const auto pages = PagesOf(look);
  CHECK(pages.begin()->first == memory.address(2));
  CHECK(pages.rbegin()->first == memory.address(22));
}

TEST_CASE("PageNodes: huge pages are told by all their small ones") {
  if (CannotAsk()) return;
  constexpr std::uint64_t kHugePages = 512;  // of 4 KiB, on x86-64 and aarch64
  Memory memory(4 * kHugePages, MADV_HUGEPAGE);
  memory.Write(2 * kHugePages);
  // Where huge pages are off, or none is free, it is one small page.
  const auto expected = AskKernel(memory.range());
  CHECK(PagesOf(LookAt({memory.range()})) == expected);
}

TEST_CASE("PageNodes: much memory that nobody touched has no pages") {
  if (CannotAsk()) return;
  const std::uint64_t pages = (std::uint64_t{1} << 38) / kPage;
  void* const there =
      mmap(nullptr, pages * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (there == MAP_FAILED) {
    WARN("SKIPPED: no address space for it");
    return;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(there);
  const PageLook look = LookAt({{address, address + pages * kPage}});
  CHECK(look.runs.empty());
  CHECK(look.present_pages == 0);
  munmap(there, pages * kPage);
}

TEST_CASE("PageNodes: of more pages than asked for, stretches from all over are seen") {
  if (CannotAsk()) return;
  constexpr std::uint64_t kPages = 20'000;
  constexpr std::uint64_t kMost = 2'000;
  Memory memory(kPages);
  for (std::uint64_t page = 0; page < kPages; ++page) memory.Write(page);
  const PageLook look = LookAt({memory.range()}, kMost);
  CHECK(look.present_pages == kPages);
  CHECK(look.asked_pages == look.seen_pages);
  CHECK(look.seen_pages <= kMost);
  CHECK(look.seen_pages > kMost / 2);
  // A tenth of the pages, from each tenth of the memory.
  std::vector<std::uint64_t> tenths(10);
  for (const auto& [page, node] : PagesOf(look)) {
    ++tenths[(page - memory.address()) * 10 / (kPages * kPage)];
  }
  for (const std::uint64_t tenth : tenths) {
    CHECK(tenth > 0);
    CHECK(tenth < 2 * kMost / 10);
  }
}

TEST_CASE("PageNodes: another process is looked at from outside, until it has gone") {
  if (CannotAsk()) return;
  Memory memory(16);
  for (std::uint64_t page = 0; page < 4; ++page) memory.Write(page);
  int to_child[2];
  int from_child[2];
  REQUIRE(pipe2(to_child, O_CLOEXEC) == 0);
  REQUIRE(pipe2(from_child, O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    char byte = 0;
    memory.Write(9);
    if (write(from_child[1], &byte, 1) != 1) _exit(1);
    [[maybe_unused]] const ssize_t got = read(to_child[0], &byte, 1);
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(from_child[0], &byte, 1) == 1);
  auto pages = PageNodes::Open(child);
  if (!pages.ok()) {
    WARN("SKIPPED: a child may not be looked into: " << pages.status().ToString());
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    return;
  }
  const auto look = pages->Look({memory.range()}, kAll);
  REQUIRE(look.ok());
  CHECK(look->seen_pages == 5);  // those it inherited, and its own

  REQUIRE(write(to_child[1], &byte, 1) == 1);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) == 0);
  // Dead, not yet waited for: its memory has gone.
  if (const auto zombie = pages->Look({memory.range()}, kAll); zombie.ok()) {
    CHECK(zombie->runs.empty());
  } else {
    CHECK(absl::IsNotFound(zombie.status()));
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  if (const auto gone = pages->Look({memory.range()}, kAll); gone.ok()) {
    CHECK(gone->runs.empty());
  } else {
    CHECK(absl::IsNotFound(gone.status()));
  }
  CHECK(absl::IsNotFound(PageNodes::Open(child).status()));
  for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
}

TEST_CASE("PageNodes: no process has this id") {
  CHECK(absl::IsNotFound(PageNodes::Open(0x7fffffff).status()));
}

}  // namespace heimdallr::topology
