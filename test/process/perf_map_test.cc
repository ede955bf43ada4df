#include "process/perf_map.h"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using heimdallr::process::PerfMap;

TEST_CASE("PerfMap: a place has the name of the line that covers it") {
  // As node --perf-basic-prof and a Java agent write them.
  const PerfMap map = PerfMap::Parse(
      "7f0010 20 LazyCompile:*sum /srv/app.js:12:3\n"
      "7f0040 8 Ljava/lang/String;::hashCode\n"
      "0x7f0100 0x10 with prefix\r\n"
      "7f0200 4 without newline");
  CHECK(map.size() == 4);
  CHECK_FALSE(map.Find(0x7f000f));
  CHECK(map.Find(0x7f0010) == "LazyCompile:*sum /srv/app.js:12:3");
  CHECK(map.Find(0x7f002f) == "LazyCompile:*sum /srv/app.js:12:3");
  CHECK_FALSE(map.Find(0x7f0030));
  CHECK(map.Find(0x7f0047) == "Ljava/lang/String;::hashCode");
  CHECK(map.Find(0x7f010f) == "with prefix");
  CHECK(map.Find(0x7f0203) == "without newline");
  CHECK_FALSE(map.Find(0x7f0204));
}

TEST_CASE("PerfMap: a later line takes the place of what it covers, and of no more") {
  const PerfMap map = PerfMap::Parse(
      "100 100 old\n"
      "140 10 new\n"
      "1f0 20 end\n"
      "f0 18 begin\n");
  CHECK(map.Find(0x0f0) == "begin");
  CHECK(map.Find(0x107) == "begin");
  CHECK(map.Find(0x108) == "old");
  CHECK(map.Find(0x140) == "new");
  CHECK(map.Find(0x150) == "old");
  CHECK(map.Find(0x1ef) == "old");
  CHECK(map.Find(0x1f0) == "end");
  CHECK(map.Find(0x20f) == "end");
}

TEST_CASE("PerfMap: at each place the last line that covers it holds") {
  std::mt19937 random(3);
  for (int round = 0; round < 100; ++round) {
    std::string text;
    std::vector<std::string> expected(300);
    for (int line = 0; line < 40; ++line) {
      const std::size_t start = random() % 200;
      const std::size_t size = 1 + random() % 60;
      const std::string name = "f" + std::to_string(line);
      char numbers[64];
      snprintf(numbers, sizeof numbers, "%zx %zx ", start, size);
      text += numbers + name + "\n";
      for (std::size_t i = start; i < start + size; ++i) expected[i] = name;
    }
    const PerfMap map = PerfMap::Parse(text);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(map.Find(i).value_or("") == expected[i]);
  }
}

TEST_CASE("PerfMap: lines that are not of the form are passed over") {
  const PerfMap map = PerfMap::Parse(
      "\n"
      "garbage\n"
      "100\n"
      "100 20\n"
      "100 20 \n"
      "100 0 empty\n"
      "zz 10 no number\n"
      "100 -5 negative\n"
      "11112222333344445 10 too large\n"
      "ffffffffffffff00 200 beyond the end\n"
      "300 10 good\n"
      "400 10");
  CHECK(map.size() == 1);
  CHECK(map.Find(0x300) == "good");
  CHECK(PerfMap::Parse("").size() == 0);
  CHECK(PerfMap::Parse(std::string(1000, '\0')).size() == 0);
}

TEST_CASE("PerfMap: a name without end is cut") {
  const PerfMap map = PerfMap::Parse("100 10 " + std::string(1 << 20, 'x'));
  CHECK(map.Find(0x100) == std::string(4096, 'x'));
}
