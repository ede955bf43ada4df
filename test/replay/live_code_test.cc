#include "replay/live_code.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include <catch2/catch.hpp>

#include "abilities.h"

namespace heimdallr::replay {

TEST_CASE("ReadLiveCode: stops where the next page is not mapped") {
  if (!test::MemoryIsReadable()) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* memory = static_cast<char*>(
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  REQUIRE(memory != MAP_FAILED);
  std::memset(memory, 0x5a, 2 * page);
  std::vector<std::byte> into(15);
  const auto address = reinterpret_cast<std::uint64_t>(memory) + page - 4;
  CHECK(ReadLiveCode(getpid(), address, into) == 15);
  CHECK(into[14] == std::byte{0x5a});
  REQUIRE(munmap(memory + page, page) == 0);
  CHECK(ReadLiveCode(getpid(), address, into) == 4);
  REQUIRE(munmap(memory, page) == 0);
  CHECK(ReadLiveCode(getpid(), address, into) == 0);
}

TEST_CASE("ReadLiveCode: a process that does not exist has no code") {
  std::vector<std::byte> into(15);
  // The largest pid_t is above the kernel's limit of process ids.
  CHECK(ReadLiveCode(0x7fffffff, 0x1000, into) == 0);
}

}  // namespace heimdallr::replay
