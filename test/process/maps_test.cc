#include "process/maps.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include <catch2/catch.hpp>

using heimdallr::process::ParseMaps;
using heimdallr::process::ReadMaps;

TEST_CASE("ParseMaps: a line of proc(5) gives each of its fields") {
  // The example of proc(5), man-pages 6.03, and one of a name with spaces.
  const auto maps = ParseMaps(
      "00400000-00452000 r-xp 00001000 08:02 173521      /usr/bin/dbus-daemon\n"
      "35b1a21000-35b1a22000 rw-s 00000000 00:00 0 \n"
      "7fff0000-7fff1000 ---p 00000000 00:00 7   /tmp/a b (deleted)\n");
  REQUIRE(maps.size() == 3);
  CHECK(maps[0].start == 0x400000);
  CHECK(maps[0].end == 0x452000);
  CHECK(maps[0].offset == 0x1000);
  CHECK(maps[0].inode == 173521);
  CHECK(maps[0].protection == (PROT_READ | PROT_EXEC));
  CHECK_FALSE(maps[0].shared);
  CHECK(maps[0].path == "/usr/bin/dbus-daemon");
  CHECK(maps[1].protection == (PROT_READ | PROT_WRITE));
  CHECK(maps[1].shared);
  CHECK(maps[1].path.empty());
  CHECK(maps[2].protection == PROT_NONE);
  CHECK(maps[2].path == "/tmp/a b (deleted)");
}

TEST_CASE("ParseMaps: lines that make no sense are left out") {
  CHECK(ParseMaps("").empty());
  CHECK(ParseMaps("\n\n").empty());
  CHECK(ParseMaps("00400000-0045").empty());
  CHECK(ParseMaps("zz-45 r-xp 0 0:0 0 /x\n1000-2000 r-xp 0 0:0 0 /x").size() == 1);
}

TEST_CASE("ReadMaps: a mapping just made is among those of this process") {
  const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* page = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(page != MAP_FAILED);
  const auto maps = ReadMaps(getpid());
  REQUIRE(maps.ok());
  const auto address = reinterpret_cast<std::uint64_t>(page);
  CHECK(std::any_of(maps->begin(), maps->end(), [&](const auto& m) {
    return m.start <= address && address < m.end && m.shared;
  }));
  munmap(page, bytes);
}

TEST_CASE("ReadMaps: a process that does not exist is an error") {
  CHECK_FALSE(ReadMaps(0x7ffffff0).ok());
}
