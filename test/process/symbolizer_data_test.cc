#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "process/maps.h"
#include "process/symbolizer.h"
#include "program_tools.h"

using heimdallr::DataSymbol;
using heimdallr::process::Mapping;
using heimdallr::process::ReadMaps;
using heimdallr::process::Symbolizer;

/// Found by the test in its own process.
extern "C" {
int heimdallr_test_variable[3] = {1, 2, 3};
}

namespace {

std::string Subject(const std::string& name) {
  return std::string(HEIMDALLR_SYMBOL_SUBJECTS) + "/" + name;
}

Symbolizer Open(const std::string& path) {
  auto opened = Symbolizer::Open(path, "subject");
  REQUIRE(opened.ok());
  return *std::move(opened);
}

// The lowest address of the file, down to its page.
std::uint64_t FirstAddress(const std::string& path) {
  return LoadHeaders(path).front().address & ~std::uint64_t{0xfff};
}

bool IsData(const NmSymbol& symbol) {
  return std::string("bBdDrRuvV").find(symbol.type) != std::string::npos;
}

std::vector<DataSymbol> OfKind(std::vector<DataSymbol> data, DataSymbol::Kind kind) {
  std::erase_if(data, [&](const DataSymbol& symbol) { return symbol.kind != kind; });
  return data;
}

}  // namespace

TEST_CASE("Symbolizer: the variables are those of nm, each once, without overlaps") {
  for (const std::string name : {"symbols-pie", "symbols-fixed", "symbols-by-id"}) {
    const std::string truth = name == "symbols-by-id" ? Subject("symbols-pie") : Subject(name);
    std::map<std::uint64_t, std::set<std::string>> names;
    std::map<std::uint64_t, std::uint64_t> sizes;
    // nm shows the type of a thread-local by its section: it is told apart by readelf.
    std::istringstream tls(
        OutputOf(HEIMDALLR_BINUTILS "readelf -sWC " + truth + " | grep ' TLS '"));
    std::string thread_local_names((std::istreambuf_iterator<char>(tls)), {});
    for (const NmSymbol& symbol : SymbolsByNm(truth, "-C")) {
      if (!IsData(symbol) || thread_local_names.find(symbol.name) != std::string::npos) continue;
      const std::uint64_t offset = symbol.address - FirstAddress(truth);
      names[offset].insert(symbol.name.substr(0, symbol.name.find('@')));
      sizes[offset] = std::max(sizes[offset], symbol.size);
    }
    REQUIRE(names.size() > 5);
    const auto objects = OfKind(Open(Subject(name)).Data(), DataSymbol::Kind::kObject);
    CHECK(objects.size() == names.size());
    std::uint64_t end = 0;
    for (const DataSymbol& object : objects) {
      INFO(name << " " << object.name);
      CHECK(object.offset >= end);
      end = object.offset + object.size;
      CHECK(names[object.offset].contains(object.name));
      CHECK(sizes[object.offset] == object.size);
    }
  }
}

TEST_CASE("Symbolizer: of two names for a variable the one without a lead is kept, always") {
  const auto objects = OfKind(Open(Subject("symbols-pie")).Data(), DataSymbol::Kind::kObject);
  const auto named = [&](const std::string& name) {
    return std::count_if(objects.begin(), objects.end(),
                         [&](const DataSymbol& object) { return object.name == name; });
  };
  // plain_name and second_name: both exported, without underscores; the shorter.
  CHECK(named("subject::table") == 1);
  CHECK(named("plain_name") == 1);
  CHECK(named("second_name") == 0);
  CHECK(named("subject::of_thread") == 0);
}

TEST_CASE("Symbolizer: the sections are the mapped ones without code and thread-locals") {
  const std::string path = Subject("symbols-stripped");
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> expected;
  std::istringstream lines(OutputOf(HEIMDALLR_BINUTILS "readelf -SW " + path));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t bracket = line.find(']');
    if (bracket == std::string::npos) continue;
    std::istringstream fields(line.substr(bracket + 1));
    std::string name, type, address, offset, size, entry, flags;
    fields >> name >> type >> address >> offset >> size >> entry >> flags;
    if (flags.find('A') == std::string::npos || flags.find_first_of("XT") != std::string::npos) {
      continue;
    }
    expected[name] = {std::stoull(address, nullptr, 16) - FirstAddress(path),
                      std::stoull(size, nullptr, 16)};
  }
  REQUIRE(expected.contains(".bss"));
  REQUIRE(expected.contains(".rodata"));
  const auto sections = OfKind(Open(path).Data(), DataSymbol::Kind::kSection);
  CHECK(sections.size() == expected.size());
  for (const DataSymbol& section : sections) {
    INFO(section.name);
    REQUIRE(expected.contains(section.name));
    CHECK(expected[section.name] == std::pair(section.offset, section.size));
  }
}

TEST_CASE("Symbolizer: data ascends, sections before the objects at their start, and is filtered") {
  Symbolizer symbolizer = Open(Subject("symbols-pie"));
  const auto all = symbolizer.Data();
  for (std::size_t i = 1; i < all.size(); ++i) {
    CHECK(all[i - 1].offset <= all[i].offset);
    if (all[i - 1].offset == all[i].offset) CHECK(all[i - 1].kind == DataSymbol::Kind::kSection);
  }
  const auto table = std::find_if(all.begin(), all.end(), [](const DataSymbol& symbol) {
    return symbol.name == "subject::table";
  });
  REQUIRE(table != all.end());
  const std::uint64_t inside = table->offset + 8;
  const auto found = symbolizer.Data([&](std::uint64_t offset, std::uint64_t size) {
    return inside >= offset && inside - offset < size;
  });
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == ".data");
  CHECK(found[1].name == "subject::table");
  CHECK(symbolizer.Data([](std::uint64_t, std::uint64_t) { return false; }).empty());
}

TEST_CASE("Symbolizer: a variable lies where the mapping of the file's beginning says") {
  Symbolizer symbolizer = Open("/proc/self/exe");
  std::uint64_t base = 0;
  std::ifstream maps("/proc/self/maps");
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  for (std::string line; base == 0 && std::getline(maps, line);) {
    std::istringstream fields(line);
    std::string range, mode, offset;
    fields >> range >> mode >> offset;
    if (line.ends_with(self) &&
        std::stoull(offset, nullptr, 16) == symbolizer.first_mapped_offset()) {
      base = std::stoull(range, nullptr, 16);
    }
  }
  REQUIRE(base != 0);
  const auto wanted = reinterpret_cast<std::uint64_t>(&heimdallr_test_variable) - base;
  const auto data = symbolizer.Data();
  const auto found = std::find_if(data.begin(), data.end(), [](const DataSymbol& symbol) {
    return symbol.name == "heimdallr_test_variable";
  });
  REQUIRE(found != data.end());
  CHECK(found->offset == wanted);
  CHECK(found->size == sizeof heimdallr_test_variable);
}

TEST_CASE("Symbolizer: the version of a symbol is no part of its name") {
  // libstdc++ exports cout@@GLIBCXX_3.4, and programs have a copy of it.
  const auto maps = ReadMaps(getpid());
  REQUIRE(maps.ok());
  std::string library;
  for (const Mapping& mapping : *maps) {
    if (mapping.path.find("libstdc++") != std::string::npos) library = mapping.path;
  }
  REQUIRE(!library.empty());
  std::size_t found = 0;
  for (const DataSymbol& symbol : Open(library).Data()) {
    CHECK(symbol.name.find('@') == std::string::npos);
    if (symbol.name == "std::cout") ++found;
  }
  CHECK(found == 1);
}
