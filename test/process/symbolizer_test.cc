// Against addr2line, nm, readelf and objdump of binutils, on programs built for it (subjects/).
#include "process/symbolizer.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "program_tools.h"

using heimdallr::CodeFrame;
using heimdallr::CodeSymbol;
using heimdallr::process::Symbolizer;

namespace {

std::string Subject(const std::string& name) {
  return std::string(HEIMDALLR_SYMBOL_SUBJECTS) + "/" + name;
}

Symbolizer Open(const std::string& path) {
  auto opened = Symbolizer::Open(path, "subject");
  REQUIRE(opened.ok());
  return *std::move(opened);
}

// Functions that have no symbol any more when a program is stripped.
std::vector<NmSymbol> PrivateFunctions(const std::string& path) {
  std::set<std::uint64_t> exported;
  for (const NmSymbol& function : FunctionsByNm(path, "-D")) exported.insert(function.address);
  std::vector<NmSymbol> functions = FunctionsByNm(path);
  std::erase_if(functions,
                [&](const NmSymbol& function) { return exported.contains(function.address); });
  return functions;
}

std::vector<std::uint64_t> EveryByte(const std::vector<NmSymbol>& functions) {
  std::set<std::uint64_t> bytes;
  for (const NmSymbol& function : functions) {
    for (std::uint64_t i = 0; i < function.size; ++i) bytes.insert(function.address + i);
  }
  return {bytes.begin(), bytes.end()};
}

// Without the part behind a dot that a compiler gives to copies of a C function.
std::string WithoutClone(const std::string& name) {
  return name.find(' ') == std::string::npos ? name.substr(0, name.find('.')) : name;
}

void CheckFrame(const CodeFrame& frame, const LineFrame& truth) {
  if (truth.function != "??") CHECK(frame.function == WithoutClone(truth.function));
  if (truth.line == "?" || truth.line == "0") {
    CHECK(frame.line == 0);
  } else {
    CHECK(frame.file == truth.file);
    CHECK(std::to_string(frame.line) == truth.line);
  }
}

// Every byte of code in `path` has the frames that addr2line finds with the information in `truth`,
// which is the same program. Returns how many places were inlined.
std::size_t CheckEverywhere(const std::string& path, const std::string& truth) {
  Symbolizer symbolizer = Open(path);
  const std::uint64_t bias = CodeBias(path);
  const auto expected = FramesByAddr2line(truth, EveryByte(FunctionsByNm(truth)));
  REQUIRE(expected.size() > 200);
  std::size_t inlined = 0;
  for (const auto& [address, frames] : expected) {
    const CodeSymbol symbol = symbolizer.Resolve(address - bias);
    INFO(path << " at address " << std::hex << address);
    REQUIRE(symbol.offset == address - bias);
    REQUIRE(symbol.frames.size() == frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) CheckFrame(symbol.frames[i], frames[i]);
    if (frames.size() > 1) ++inlined;
  }
  return inlined;
}

}  // namespace

TEST_CASE("Symbolizer: functions, inlining and lines are addr2line's at every byte of the code") {
  for (const std::string name : {"symbols-pie", "symbols-fixed", "symbols-c"}) {
    CHECK(CheckEverywhere(Subject(name), Subject(name)) > 50);
  }
}

TEST_CASE("Symbolizer: a separate file of debug information is found beside the program") {
  // One is known by its build-id, the other has none and is known by its checksum.
  CHECK(CheckEverywhere(Subject("symbols-by-id"), Subject("symbols-pie")) > 50);
  CHECK(CheckEverywhere(Subject("symbols-by-crc"), Subject("symbols-fixed")) > 50);
}

TEST_CASE("Symbolizer: a separate file of another build is not believed") {
  const TemporaryDirectory directory;
  for (const std::string name : {"symbols-by-id", "symbols-by-crc"}) {
    const std::string other = name == "symbols-by-id" ? "symbols-by-crc" : "symbols-by-id";
    std::filesystem::copy_file(Subject(name), directory.path() + "/" + name);
    std::filesystem::copy_file(Subject(other + ".debug"), directory.path() + "/" + name + ".debug");
    Symbolizer symbolizer = Open(directory.path() + "/" + name);
    const std::string truth = name == "symbols-by-id" ? "symbols-pie" : "symbols-fixed";
    for (const NmSymbol& function : PrivateFunctions(Subject(truth))) {
      const CodeSymbol symbol = symbolizer.Resolve(function.address - CodeBias(Subject(truth)));
      REQUIRE(symbol.frames.size() == 1);
      CHECK(symbol.frames[0].function.starts_with("subject+0x"));
      CHECK(symbol.frames[0].line == 0);
    }
  }
}

TEST_CASE("Symbolizer: debug information split off at compile time is followed") {
  // The same code as of symbols-v5, which has it all in one file: compared by function.
  const std::string whole = Subject("symbols-v5");
  Symbolizer symbolizer = Open(Subject("symbols-dwo"));
  std::map<std::string, NmSymbol> functions;
  for (const NmSymbol& function : FunctionsByNm(Subject("symbols-dwo"))) {
    functions[function.name] = function;
  }
  std::size_t inlined = 0;
  for (const NmSymbol& function : FunctionsByNm(whole)) {
    REQUIRE(functions[function.name].size == function.size);
    const std::uint64_t moved =
        functions[function.name].address - CodeBias(Subject("symbols-dwo")) - function.address;
    for (const auto& [address, frames] : FramesByAddr2line(whole, EveryByte({function}))) {
      const CodeSymbol symbol = symbolizer.Resolve(address + moved);
      INFO(function.name << " at " << std::hex << address);
      REQUIRE(symbol.frames.size() == frames.size());
      for (std::size_t i = 0; i < frames.size(); ++i) {
        CHECK(symbol.frames[i].function == frames[i].function);
        if (frames[i].line != "?") CHECK(std::to_string(symbol.frames[i].line) == frames[i].line);
      }
      if (frames.size() > 1) ++inlined;
    }
  }
  CHECK(inlined > 50);
}

TEST_CASE("Symbolizer: names without a mangled form have their namespaces and classes") {
  std::map<std::uint32_t, std::string> names;  // by the line that is in the function
  std::ifstream source(std::string(HEIMDALLR_SYMBOL_SOURCES) + "/nested_names.cc");
  std::string text;
  for (std::uint32_t line = 1; std::getline(source, text); ++line) {
    const std::size_t at = text.find("// in: ");
    if (at != std::string::npos) names[line] = text.substr(at + 7);
  }
  REQUIRE(names.size() == 5);
  const std::string path = Subject("symbols-nested");
  Symbolizer symbolizer = Open(path);
  const std::uint64_t bias = CodeBias(path);
  std::set<std::uint32_t> seen;
  for (const std::uint64_t address : EveryByte(FunctionsByNm(path))) {
    const CodeFrame frame = symbolizer.Resolve(address - bias).frames.front();
    if (!names.contains(frame.line)) continue;
    CHECK(frame.function == names[frame.line]);
    seen.insert(frame.line);
  }
  CHECK(seen.size() == names.size());
}

TEST_CASE("Symbolizer: without debug information a function has the name of its symbol") {
  const std::string path = Subject("symbols-names");
  Symbolizer symbolizer = Open(path);
  const std::uint64_t bias = CodeBias(path);
  std::map<std::uint64_t, std::set<std::string>> names;
  const std::vector<NmSymbol> functions = FunctionsByNm(path, "-C");
  REQUIRE(functions.size() > 5);
  for (const NmSymbol& function : functions) names[function.address].insert(function.name);
  for (const NmSymbol& function : functions) {
    for (const std::uint64_t address : EveryByte({function})) {
      const CodeSymbol symbol = symbolizer.Resolve(address - bias);
      REQUIRE(symbol.frames.size() == 1);
      CHECK(names[function.address].contains(symbol.frames[0].function));
      CHECK(symbol.frames[0].file.empty());
      CHECK(symbol.frames[0].line == 0);
    }
  }
}

TEST_CASE("Symbolizer: in a stripped program a function has the name of its first byte") {
  const std::string path = Subject("symbols-stripped");
  const std::string whole = Subject("symbols-pie");
  std::set<std::uint64_t> starts;  // as the unwind table has them
  std::istringstream lines(
      OutputOf(HEIMDALLR_BINUTILS "readelf --debug-dump=frames " + path + " 2>/dev/null"));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(" pc=");
    if (at != std::string::npos) starts.insert(std::stoull(line.substr(at + 4), nullptr, 16));
  }
  Symbolizer symbolizer = Open(path);
  const std::uint64_t bias = CodeBias(path);
  std::size_t found = 0;
  for (const NmSymbol& function : PrivateFunctions(whole)) {
    if (!starts.contains(function.address)) continue;
    std::ostringstream name;
    name << "subject+0x" << std::hex << function.address - bias;
    for (const std::uint64_t address : EveryByte({function})) {
      const CodeSymbol symbol = symbolizer.Resolve(address - bias);
      REQUIRE(symbol.frames.size() == 1);
      CHECK(symbol.frames[0].function == name.str());
    }
    ++found;
  }
  CHECK(found > 5);
}

TEST_CASE("Symbolizer: the symbol table within .gnu_debugdata is read") {
  const TemporaryDirectory directory;
  const std::string small = directory.path() + "/small";
  const std::string path = directory.path() + "/program";
  OutputOf(HEIMDALLR_BINUTILS "objcopy --strip-debug " + Subject("symbols-pie") + " " + small +
           " && xz -q " + small);
  if (!std::filesystem::exists(small + ".xz")) {
    WARN("SKIPPED: xz is not installed");
    return;
  }
  OutputOf(HEIMDALLR_BINUTILS "objcopy --add-section .gnu_debugdata=" + small + ".xz " +
           Subject("symbols-stripped") + " " + path);
  Symbolizer symbolizer = Open(path);
  const std::uint64_t bias = CodeBias(path);
  std::map<std::uint64_t, std::set<std::string>> names;
  for (const NmSymbol& function : FunctionsByNm(Subject("symbols-pie"), "-C")) {
    names[function.address].insert(function.name);
  }
  REQUIRE(names.size() > 5);
  for (const auto& [address, expected] : names) {
    CHECK(expected.contains(symbolizer.Resolve(address - bias).frames[0].function));
  }
}

TEST_CASE("Symbolizer: debug information under /usr/lib/debug is found by the build-id") {
  const std::string libc =
      OutputOf("ldd " + Subject("symbols-c") + " | awk '/libc.so/ {printf $3}'");
  if (libc.empty()) {
    WARN("SKIPPED: ldd does not know programs of this architecture here");
    return;
  }
  const std::string id =
      OutputOf(HEIMDALLR_BINUTILS "readelf -n " + libc + " | awk '/Build ID/ {printf $3}'");
  REQUIRE(id.size() > 2);
  if (!std::filesystem::exists("/usr/lib/debug/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) +
                               ".debug")) {
    WARN("SKIPPED: there is no debug information of libc (libc6-dbg) here");
    return;
  }
  std::set<std::uint64_t> starts;  // a symbol of two versions is listed twice
  for (const NmSymbol& function : FunctionsByNm(libc, "-D")) {
    if (function.type == 'T' && function.address % 7 == 0) starts.insert(function.address);
  }
  Symbolizer symbolizer = Open(libc);
  const std::uint64_t bias = CodeBias(libc);
  std::size_t found = 0;
  for (const auto& [address, frames] : FramesByAddr2line(libc, {starts.begin(), starts.end()})) {
    const CodeSymbol symbol = symbolizer.Resolve(address - bias);
    if (frames.front().line == "?" || frames.front().line == "0") continue;
    INFO(std::hex << address);
    CHECK(symbol.frames.size() == frames.size());
    CHECK(std::to_string(symbol.frames.front().line) == frames.front().line);
    ++found;
  }
  CHECK(found > 50);
}

TEST_CASE("Symbolizer: a file that has lost its name since it was opened is read all the same") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/program";
  std::filesystem::copy_file(Subject("symbols-stripped"), path);
  Symbolizer unnamed = Open(path);
  std::filesystem::remove(path);
  Symbolizer named = Open(Subject("symbols-stripped"));
  const std::uint64_t bias = CodeBias(Subject("symbols-stripped"));
  for (const NmSymbol& function : FunctionsByNm(Subject("symbols-pie"))) {
    const std::uint64_t inside = function.address + function.size / 2 - bias;
    CHECK(unnamed.Resolve(inside).frames[0].function == named.Resolve(inside).frames[0].function);
  }
}

// Stubs of other processors are not read.
#if defined(__x86_64__)
TEST_CASE("Symbolizer: a stub of the linkage table has the name of what it calls") {
  // Bound at start and on the first call: the stubs differ.
  for (const std::string name : {"symbols-stripped", "symbols-lazy"}) {
    const std::string path = Subject(name);
    Symbolizer symbolizer = Open(path);
    std::istringstream lines(
        OutputOf(HEIMDALLR_BINUTILS "objdump -dC " + path + " | grep '@plt>:$'"));
    std::size_t found = 0;
    for (std::string line; std::getline(lines, line); ++found) {
      const std::uint64_t address = std::stoull(line, nullptr, 16);
      const std::size_t begin = line.find('<') + 1;
      INFO(line);
      CHECK(symbolizer.Resolve(address - CodeBias(path)).frames[0].function ==
            line.substr(begin, line.rfind('>') - begin));
    }
    CHECK(found > 3);
  }
}
#endif

TEST_CASE("Symbolizer: a place outside of all code has the name of the module and its offset") {
  Symbolizer symbolizer = Open(Subject("symbols-pie"));
  const CodeSymbol symbol = symbolizer.Resolve(0x7fffffff0000);
  REQUIRE(symbol.frames.size() == 1);
  CHECK(symbol.frames[0].function == "subject+0x7fffffff0000");
  CHECK(symbolizer.Resolve(~std::uint64_t{0}).frames.size() == 1);
}

TEST_CASE("Symbolizer: the build-id is what readelf prints") {
  const std::string notes = OutputOf(HEIMDALLR_BINUTILS "readelf -n " + Subject("symbols-pie"));
  std::ostringstream hex;
  const Symbolizer symbolizer = Open(Subject("symbols-pie"));
  for (const char byte : symbolizer.build_id()) {
    hex.width(2);
    hex.fill('0');
    hex << std::hex << static_cast<unsigned>(static_cast<unsigned char>(byte));
  }
  CHECK(hex.str().size() == 40);
  CHECK(notes.find("Build ID: " + hex.str()) != std::string::npos);
  CHECK(Open(Subject("symbols-fixed")).build_id().empty());
}
