#include "cli/plain_text.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

TEST_CASE("Bytes: the unit that fits") {
  CHECK(Bytes(0) == "0 B");
  CHECK(Bytes(1023) == "1023 B");
  CHECK(Bytes(1024) == "1.0 KiB");
  CHECK(Bytes(1536) == "1.5 KiB");
  CHECK(Bytes((1ULL << 20) - 1) == "1.0 MiB");
  CHECK(Bytes(3ULL << 40) == "3.0 TiB");
  CHECK(Bytes(~0ULL) == "16.0 EiB");
}

TEST_CASE("Duration: the unit that fits") {
  CHECK(Duration(0) == "0 s");
  CHECK(Duration(999) == "999 ns");
  CHECK(Duration(1'500) == "2 us");
  CHECK(Duration(999'999) == "1.0 ms");
  CHECK(Duration(12'345'678) == "12.3 ms");
  CHECK(Duration(999'999'999) == "1.000 s");
  CHECK(Duration(59'000'000'000) == "59.000 s");
  CHECK(Duration(61'000'000'000) == "1 min 01 s");
  CHECK(Duration(3'723'000'000'000) == "1 h 02 min 03 s");
}

TEST_CASE("Grouped, Count, Percent: figures for people") {
  CHECK(Grouped(999) == "999");
  CHECK(Grouped(1'234'567) == "1,234,567");
  CHECK(Count(1, "block", "blocks") == "1 block");
  CHECK(Count(2000, "block", "blocks") == "2,000 blocks");
  CHECK(Percent(1, 8) == "12.5 %");
  CHECK(Percent(1, 0) == "-");
}

TEST_CASE("Protection: as in /proc/PID/maps") {
  CHECK(Protection(PROT_READ | PROT_EXEC, Sharing::kPrivate) == "r-xp");
  CHECK(Protection(PROT_READ | PROT_WRITE, Sharing::kShared) == "rw-s");
  CHECK(Protection(0, Sharing::kPrivate) == "---p");
}

}  // namespace
}  // namespace heimdallr::cli
