#include "analysis/memory_operation.h"

#include <fstream>
#include <regex>
#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

// perf up to 6.5 names a level twice when a kernel tells it in two ways; spaces differ.
std::string Normalised(const std::string& text) {
  static const std::regex kTwice(R"(LVL (\S+) or \1\b)");
  static const std::regex kSpaces(" +");
  return std::regex_replace(std::regex_replace(text, kTwice, "LVL $1"), kSpaces, " ");
}

TEST_CASE("MemoryOperationText: as perf script prints what processors of several makers told") {
  std::ifstream file(std::string(HEIMDALLR_TEST_DATA) + "/perf/data_src-vectors.tsv");
  REQUIRE(file);
  int checked = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0x")) continue;
    const std::size_t tab = line.find('\t');
    const std::string expected = line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1);
    CAPTURE(line);
    CHECK(MemoryOperationText(std::stoull(line, nullptr, 16)) == Normalised(expected));
    ++checked;
  }
  CHECK(checked == 20);
}

TEST_CASE("MemoryOperationText: remote levels, hops and peers") {
  // Bits by linux/perf_event.h: op LOAD, lvl_num RAM, remote, hops 2, snoopx PEER.
  const std::uint64_t source = std::uint64_t{2} | std::uint64_t{0xd} << 33 |
                               std::uint64_t{1} << 37 | std::uint64_t{2} << 38 |
                               std::uint64_t{2} << 43;
  CHECK(MemoryOperationText(source) ==
        "OP LOAD|LVL Remote RAM, 2 hops|SNP Peer|TLB N/A|LCK No|BLK N/A");
  CHECK(MemoryOperationText(0) == "OP N/A|LVL N/A|SNP N/A|TLB N/A|LCK No|BLK N/A");
}

}  // namespace
}  // namespace heimdallr::analysis
