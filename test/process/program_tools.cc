#include "program_tools.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

#include <catch2/catch.hpp>

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

std::vector<NmSymbol> SymbolsByNm(const std::string& path, const std::string& options) {
  std::istringstream lines(
      OutputOf(HEIMDALLR_BINUTILS "nm -S --defined-only " + options + " " + path));
  std::vector<NmSymbol> symbols;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    NmSymbol symbol;
    // Where there is no size, the type cannot be read as one.
    if (!(fields >> std::hex >> symbol.address >> symbol.size >> symbol.type)) continue;
    fields.get();
    std::getline(fields, symbol.name);
    symbols.push_back(symbol);
  }
  return symbols;
}

std::vector<NmSymbol> FunctionsByNm(const std::string& path, const std::string& options) {
  std::vector<NmSymbol> symbols = SymbolsByNm(path, options);
  std::erase_if(symbols, [](const NmSymbol& symbol) {
    return std::string_view("tTwWi").find(symbol.type) == std::string_view::npos;
  });
  return symbols;
}

std::vector<LoadHeader> LoadHeaders(const std::string& path) {
  std::istringstream lines(OutputOf(HEIMDALLR_BINUTILS "readelf -lW " + path));
  std::vector<LoadHeader> headers;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string type;
    std::string offset;
    std::string address;
    fields >> type >> offset >> address;
    if (type != "LOAD") continue;
    headers.push_back({std::stoull(offset, nullptr, 16), std::stoull(address, nullptr, 16),
                       line.find(" R E ") != std::string::npos});
  }
  return headers;
}

std::uint64_t CodeBias(const std::string& path) {
  for (const LoadHeader& header : LoadHeaders(path)) {
    if (header.executable) return header.address - header.offset;
  }
  FAIL("no code in " << path);
  return 0;
}

std::map<std::uint64_t, std::vector<LineFrame>> FramesByAddr2line(
    const std::string& path, const std::vector<std::uint64_t>& addresses) {
  const TemporaryDirectory directory;
  const std::string list = directory.path() + "/addresses";
  {
    std::ofstream out(list);
    for (const std::uint64_t address : addresses) out << std::hex << address << '\n';
  }
  std::istringstream lines(
      OutputOf(HEIMDALLR_BINUTILS "addr2line -a -i -f -C -e " + path + " < " + list));
  std::map<std::uint64_t, std::vector<LineFrame>> frames;
  std::vector<LineFrame>* current = nullptr;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0x")) {
      current = &frames[std::stoull(line, nullptr, 16)];
      continue;
    }
    REQUIRE(current != nullptr);
    LineFrame frame{.function = line, .file = {}, .line = {}};
    REQUIRE(std::getline(lines, line));
    line = line.substr(0, line.find(" (discriminator"));
    const std::size_t colon = line.rfind(':');
    frame.file = line.substr(0, colon);
    frame.line = line.substr(colon + 1);
    current->push_back(frame);
  }
  return frames;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string path = (std::filesystem::temp_directory_path() / "heimdallr-XXXXXX").string();
  REQUIRE(mkdtemp(path.data()) != nullptr);
  path_ = path;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}
