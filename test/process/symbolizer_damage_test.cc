// Files that no linker wrote. What is asked of them: an answer, in bounded time and memory.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "process/symbolizer.h"
#include "program_tools.h"

using heimdallr::process::Symbolizer;

namespace {

std::string Subject(const std::string& name) {
  return std::string(HEIMDALLR_SYMBOL_SUBJECTS) + "/" + name;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Part {
  std::string name;
  std::size_t offset = 0;
  std::size_t size = 0;
};

std::vector<Part> Sections(const std::string& path) {
  std::vector<Part> parts;
  std::istringstream lines(OutputOf(HEIMDALLR_BINUTILS "readelf -SW " + path));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t bracket = line.find("] .");
    if (bracket == std::string::npos) continue;
    std::istringstream fields(line.substr(bracket + 1));
    std::string name, type, address, offset, size;
    fields >> name >> type >> address >> offset >> size;
    if (type != "NOBITS") {
      parts.push_back({name, std::stoull(offset, nullptr, 16), std::stoull(size, nullptr, 16)});
    }
  }
  return parts;
}

// Asks for everything; returns whether it is an ELF file at all.
bool Exercise(const std::string& bytes) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/program";
  std::ofstream(path, std::ios::binary) << bytes;
  auto symbolizer = Symbolizer::Open(path, "damaged");
  if (!symbolizer.ok()) {
    CHECK_FALSE(symbolizer.status().message().empty());
    return false;
  }
  bool all_named = true;
  for (std::uint64_t offset = 0; offset < bytes.size(); offset += 7) {
    const auto frames = symbolizer->Resolve(offset).frames;
    all_named = all_named && !frames.empty() &&
                std::none_of(frames.begin(), frames.end(),
                             [](const auto& frame) { return frame.function.empty(); });
  }
  CHECK(all_named);
  const auto data = symbolizer->Data();
  REQUIRE(std::is_sorted(data.begin(), data.end(),
                         [](const auto& a, const auto& b) { return a.offset < b.offset; }));
  return true;
}

}  // namespace

TEST_CASE("Symbolizer: what is no ELF file is an error that says so") {
  CHECK(Symbolizer::Open("/no/such/file", "x").status().code() == absl::StatusCode::kNotFound);
  CHECK(Symbolizer::Open("/dev/null", "x").status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(Symbolizer::Open("/etc/passwd", "x").status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_FALSE(Symbolizer::Open("/tmp", "x").ok());
  CHECK_FALSE(Exercise(""));
  CHECK_FALSE(
      Exercise("\x7f"
               "ELF"));
}

TEST_CASE("Symbolizer: a file cut short anywhere is read as far as it goes") {
  const std::string whole = ReadFile(Subject("symbols-pie"));
  for (std::size_t length = 5; length < whole.size(); length += whole.size() / 60) {
    INFO(length << " bytes");
    Exercise(whole.substr(0, length));
  }
}

TEST_CASE("Symbolizer: debug information, tables and headers of garbage are survived") {
  for (const std::string name : {"symbols-pie", "symbols-v5"}) {
    const std::string whole = ReadFile(Subject(name));
    std::vector<Part> parts = Sections(Subject(name));
    std::erase_if(parts, [](const Part& part) {
      return !part.name.starts_with(".debug") && part.name != ".symtab" && part.name != ".strtab" &&
             part.name != ".eh_frame_hdr" && part.name != ".rela.plt" && part.name != ".dynsym";
    });
    REQUIRE(parts.size() > 8);
    parts.push_back({"file header", 0, 64});
    parts.push_back({"program headers", 64, std::size_t{56} * 8});
    std::size_t headers = 0;  // e_shoff: they are the last in the file
    std::memcpy(&headers, &whole[0x28], sizeof headers);
    REQUIRE(headers < whole.size());
    parts.push_back({"section headers", headers, whole.size() - headers});
    for (const Part& part : parts) {
      for (unsigned seed = 0; seed < 12; ++seed) {
        std::mt19937 random(seed);
        std::string damaged = whole;
        // From a few bytes to all of the part.
        const std::size_t flips = seed < 10 ? 1U << seed : part.size;
        for (std::size_t i = 0; i < flips; ++i) {
          damaged[part.offset + random() % part.size] = static_cast<char>(random());
        }
        INFO(name << " " << part.name << " seed " << seed);
        Exercise(damaged);
      }
    }
  }
}
