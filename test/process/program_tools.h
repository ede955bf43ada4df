// What binutils say of a program, for tests to compare with.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// What a shell command prints.
std::string OutputOf(const std::string& command);

struct NmSymbol {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  char type = '?';  ///< as nm(1) has it: 'T' exported code, 'b' private .bss, ...
  std::string name;
};

/// Symbols with a size, as "nm -S" with these further options lists them.
std::vector<NmSymbol> SymbolsByNm(const std::string& path, const std::string& options = "");
/// Those of them that are code: t, T, w, W, i.
std::vector<NmSymbol> FunctionsByNm(const std::string& path, const std::string& options = "");

struct LoadHeader {
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  bool executable = false;
};

/// The LOAD program headers as readelf(1) lists them.
std::vector<LoadHeader> LoadHeaders(const std::string& path);
/// Address minus file offset of the code.
std::uint64_t CodeBias(const std::string& path);

struct LineFrame {
  std::string function;
  std::string file;  ///< "??" = not known
  std::string line;  ///< "?" or "0" = not known
};

/// Frames by address, innermost first, as "addr2line -i -f -C" has them.
std::map<std::uint64_t, std::vector<LineFrame>> FramesByAddr2line(
    const std::string& path, const std::vector<std::uint64_t>& addresses);

/// A directory that is removed with what is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};
