// Against nm(1) of binutils, which reads symbol tables with code of its own.
#include "process/function_ranges.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using heimdallr::process::FunctionRanges;

namespace {

struct Symbol {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::string name;
};

std::string OutputOf(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    text.append(buffer.data(), got);
  }
  return text;
}

// Functions in the code of this program, as "nm -S" lists them.
std::vector<Symbol> SymbolsByNm(const std::string& path) {
  std::istringstream lines(OutputOf(HEIMDALLR_BINUTILS "nm -S --defined-only " + path));
  std::vector<Symbol> symbols;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Symbol symbol;
    std::string type;
    if (fields >> std::hex >> symbol.address >> symbol.size >> type >> symbol.name &&
        (type == "T" || type == "t")) {
      symbols.push_back(symbol);
    }
  }
  return symbols;
}

// Difference between address and file offset in the segment of the code, as readelf prints it.
std::uint64_t CodeBias(const std::string& path) {
  std::istringstream lines(OutputOf(HEIMDALLR_BINUTILS "readelf -lW " + path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string type;
    std::string offset;
    std::string address;
    fields >> type >> offset >> address;
    if (type == "LOAD" && line.find(" R E ") != std::string::npos) {
      return std::stoull(address, nullptr, 16) - std::stoull(offset, nullptr, 16);
    }
  }
  return 0;
}

const std::string kSelf = std::filesystem::read_symlink("/proc/self/exe");

}  // namespace

TEST_CASE("FunctionRanges: every function that nm lists is found from its first to its last byte") {
  const auto ranges = FunctionRanges::Load(kSelf);
  REQUIRE(ranges.ok());
  const std::uint64_t bias = CodeBias(kSelf);
  const std::vector<Symbol> symbols = SymbolsByNm(kSelf);
  REQUIRE(symbols.size() > 100);
  for (const Symbol& symbol : symbols) {
    const auto first = ranges->Find(symbol.address - bias);
    INFO(symbol.name);
    REQUIRE(first);
    CHECK(first->start == symbol.address - bias);
    CHECK(first->end == symbol.address - bias + symbol.size);
    const auto last = ranges->Find(symbol.address - bias + symbol.size - 1);
    REQUIRE(last);
    CHECK(last->start == first->start);
  }
}

TEST_CASE("FunctionRanges: a stripped copy keeps the starts of functions by its unwind table") {
  std::string stripped = "/tmp/heimdallr-stripped-XXXXXX";
  close(mkstemp(stripped.data()));
  REQUIRE(std::system((HEIMDALLR_BINUTILS "strip -o " + stripped + " " + kSelf).c_str()) == 0);
  const auto ranges = FunctionRanges::Load(stripped);
  unlink(stripped.c_str());
  REQUIRE(ranges.ok());
  const std::uint64_t bias = CodeBias(kSelf);
  std::size_t found = 0;
  const std::vector<Symbol> symbols = SymbolsByNm(kSelf);
  for (const Symbol& symbol : symbols) {
    const auto range = ranges->Find(symbol.address - bias);
    if (range && range->start == symbol.address - bias) ++found;
  }
  // Not those of the start-up code, which has no unwind information of its own.
  CHECK(found * 100 >= symbols.size() * 98);
}

TEST_CASE(
    "FunctionRanges: a byte outside of every function is in none, and a text file is an error") {
  const auto ranges = FunctionRanges::Load(kSelf);
  REQUIRE(ranges.ok());
  CHECK_FALSE(ranges->Find(0));
  CHECK_FALSE(ranges->Find(~std::uint64_t{0}));
  CHECK(FunctionRanges::Load("/etc/passwd").status().code() == absl::StatusCode::kInvalidArgument);
}
