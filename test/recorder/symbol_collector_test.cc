// Names of what this very process runs and has.

#include "recorder/symbol_collector.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "process/elf_info.h"
#include "process/maps.h"
#include "recorder/address_spaces.h"
#include "written_trace.h"

std::uint64_t g_symbol_collector_variable = 17;
std::uint64_t g_symbol_collector_zeros[1000];

[[gnu::noinline]] std::uint64_t SymbolCollectorFunction(std::uint64_t value) {
  asm volatile("" : "+r"(value));
  return value + g_symbol_collector_variable;
}

namespace heimdallr::recorder {
namespace {

template <typename T>
std::uint64_t Address(T* thing) {
  return reinterpret_cast<std::uint64_t>(thing);
}

// Everything this process has mapped, as the kernel would report it.
void AddOwnMappings(AddressSpaces& spaces, std::int32_t pid) {
  const auto maps = process::ReadMaps(getpid());
  REQUIRE(maps.ok());
  for (const process::Mapping& mapping : *maps) {
    spaces.OnMapped(pid, mapping.start, mapping.end - mapping.start,
                    {.path = mapping.path,
                     .inode = mapping.inode,
                     .offset = mapping.offset,
                     .executable = (mapping.protection & 4) != 0});
  }
}

constexpr std::int32_t kPid = 0x7ffffff0;  // of nobody

struct Fixture {
  Fixture() { AddOwnMappings(spaces, kPid); }

  // All functions that were named, the outermost at each place.
  std::vector<std::string> Functions() {
    collector.Write(trace.writer(), [] { return true; });
    std::vector<std::string> names;
    symbols = trace.ReadSymbols();
    for (const auto& [key, module] : symbols.modules) {
      for (const CodeSymbol& symbol : module.code) names.push_back(symbol.frames.back().function);
    }
    return names;
  }
  // Whether a variable of any module has this name and holds `address`.
  bool Has(const std::string& name, std::uint64_t size) const {
    for (const auto& [key, module] : symbols.modules) {
      for (const DataSymbol& data : module.data) {
        if (data.name == name && data.size == size) return true;
      }
    }
    return false;
  }

  AddressSpaces spaces;
  SymbolCollector collector{spaces};
  WrittenTrace trace;
  Symbols symbols;
};

}  // namespace

TEST_CASE("SymbolCollector: instructions, calls and data get their names") {
  Fixture f;
  f.collector.OnCode(kPid, Address(&SymbolCollectorFunction));
  f.collector.OnCall(kPid, Address(&SymbolCollectorFunction) + 4);
  f.collector.OnData(kPid, Address(&g_symbol_collector_variable));
  f.collector.OnData(kPid, Address(&g_symbol_collector_zeros[999]));
  const std::string name = "SymbolCollectorFunction(unsigned long)";
  CHECK(f.Functions() == std::vector<std::string>{name, name});
  CHECK(f.Has("g_symbol_collector_variable", 8));
  CHECK(f.Has("g_symbol_collector_zeros", 8000));
}

TEST_CASE("SymbolCollector: a call that is heard of before its mapping is named all the same") {
  AddressSpaces spaces;
  SymbolCollector collector(spaces);
  collector.OnCall(kPid, Address(&SymbolCollectorFunction) + 4);
  collector.OnRound();
  AddOwnMappings(spaces, kPid);
  WrittenTrace trace;
  collector.Write(trace.writer(), [] { return true; });
  const Symbols symbols = trace.ReadSymbols();
  REQUIRE(symbols.modules.size() == 1);
  CHECK(symbols.modules.begin()->second.code.front().frames.back().function ==
        "SymbolCollectorFunction(unsigned long)");
}

TEST_CASE("SymbolCollector: what a process called before its end is named from its old mappings") {
  Fixture f;
  f.collector.OnCall(kPid, Address(&SymbolCollectorFunction) + 4);
  f.collector.OnImageEnds(kPid);
  f.spaces.OnExec(kPid);
  CHECK(f.Functions() == std::vector<std::string>{"SymbolCollectorFunction(unsigned long)"});
}

TEST_CASE("SymbolCollector: the kernel's own code in the process has a name") {
  Fixture f;
  const auto maps = process::ReadMaps(getpid());
  REQUIRE(maps.ok());
  const auto is_vdso = [](const process::Mapping& mapping) { return mapping.path == "[vdso]"; };
  if (std::none_of(maps->begin(), maps->end(), is_vdso)) {
    WARN("SKIPPED: the kernel gives programs no code of its own here");
    return;
  }
  for (const process::Mapping& mapping : *maps) {
    if (is_vdso(mapping)) f.collector.OnCode(kPid, mapping.start + 0x1000 - 1);
  }
  const std::vector<std::string> functions = f.Functions();
  REQUIRE(functions.size() == 1);
  CHECK_FALSE(functions[0].empty());
}

TEST_CASE("SymbolCollector: code the process made is named by its perf map") {
  Fixture f;
  const std::string path = fmt::format("/tmp/perf-{}.map", kPid);
  std::ofstream(path) << "10000000 40 LazyCompile:~walk tree.js:7\n";
  f.collector.OnCode(kPid, 0x10000010);
  f.collector.OnCode(kPid, 0x10000040);
  CHECK(f.Functions().empty());
  unlink(path.c_str());
  const ProcessSymbols* own = f.symbols.FindProcess(kPid);
  REQUIRE(own != nullptr);
  REQUIRE(own->code.size() == 1);
  CHECK(own->code[0].offset == 0x10000010);
  CHECK(own->code[0].frames[0].function == "LazyCompile:~walk tree.js:7");
}

TEST_CASE("SymbolCollector: a file that took the place of the mapped one names nothing") {
  AddressSpaces spaces;
  const auto offset = Address(&SymbolCollectorFunction) & 0xfff;
  // This program's path, but another inode.
  const std::string path = std::filesystem::read_symlink("/proc/self/exe").string();
  spaces.OnMapped(kPid, 0x400000, 0x1000, {.path = path, .inode = 1, .executable = true});
  SymbolCollector collector(spaces);
  collector.OnCode(kPid, 0x400000 + offset);
  WrittenTrace trace;
  collector.Write(trace.writer(), [] { return true; });
  const Symbols symbols = trace.ReadSymbols();
  REQUIRE(symbols.modules.size() == 1);
  CHECK(symbols.modules.begin()->second.code.front().frames.front().function ==
        fmt::format("{}+{:#x}", std::filesystem::path(path).filename().string(), offset));
}

TEST_CASE("SymbolCollector: two files of one name make one module that can be read") {
  AddressSpaces spaces;
  spaces.OnMapped(kPid, 0x400000, 0x1000,
                  {.path = "/nonexistent/a", .inode = 1, .executable = true});
  spaces.OnMapped(kPid, 0x500000, 0x1000,
                  {.path = "/nonexistent/a", .inode = 2, .executable = true});
  SymbolCollector collector(spaces);
  for (const std::uint64_t ip : {0x400010, 0x400030, 0x500010, 0x500020})
    collector.OnCode(kPid, ip);
  WrittenTrace trace;
  collector.Write(trace.writer(), [] { return true; });
  const Symbols symbols = trace.ReadSymbols();
  REQUIRE(symbols.modules.size() == 1);
  CHECK(symbols.modules.begin()->second.code.size() == 3);
}

TEST_CASE("SymbolCollector: told to stop, it leaves names of modules alone") {
  Fixture f;
  f.collector.OnCode(kPid, Address(&SymbolCollectorFunction));
  f.collector.Write(f.trace.writer(), [] { return false; });
  const Symbols symbols = f.trace.ReadSymbols();
  REQUIRE(symbols.modules.size() == 1);
  CHECK(symbols.modules.begin()->second.code.front().frames.front().function.find("+0x") !=
        std::string::npos);
}

TEST_CASE("SymbolCollector: a file that is gone leaves its name and the offset") {
  AddressSpaces spaces;
  spaces.OnMapped(kPid, 0x400000, 0x1000,
                  {.path = "/nonexistent/solver", .offset = 0x2000, .executable = true});
  SymbolCollector collector(spaces);
  collector.OnCode(kPid, 0x400123);
  WrittenTrace trace;
  collector.Write(trace.writer(), [] { return true; });
  const Symbols symbols = trace.ReadSymbols();
  REQUIRE(symbols.modules.size() == 1);
  CHECK(symbols.modules.begin()->second.code.front().frames.front().function == "solver+0x2123");
}

}  // namespace heimdallr::recorder
