// Names of code and data, resolved when the recording ended, so that a trace can be read on a
// machine that has none of the traced programs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace heimdallr {

/// One level of inlining at a place in code.
struct CodeFrame {
  /// Demangled. In a file without a symbol there: "MODULE+0xOFFSET" of the function's first byte.
  std::string function;
  std::string file;        ///< as the debug information names it; empty = not known
  std::uint32_t line = 0;  ///< from 1; 0 = not known
};

/// A place in code that occurs in the trace.
struct CodeSymbol {
  /// Bytes into the module's file; of JIT code the address itself. A call is found by the byte
  /// before its return address, which belongs to the call.
  std::uint64_t offset = 0;
  /// The function inlined deepest first, the one that holds the code last. Never empty.
  std::vector<CodeFrame> frames;
};

/// The symbol at `offset` in ascending `code`, or nullptr.
[[nodiscard]] inline const CodeSymbol* FindCode(const std::vector<CodeSymbol>& code,
                                                std::uint64_t offset) {
  const auto at = std::lower_bound(
      code.begin(), code.end(), offset,
      [](const CodeSymbol& symbol, std::uint64_t wanted) { return symbol.offset < wanted; });
  return at != code.end() && at->offset == offset ? &*at : nullptr;
}

/// A part of a module's data.
struct DataSymbol {
  enum class Kind : std::uint8_t {
    kObject = 0,   ///< a variable or constant, by its symbol
    kSection = 1,  ///< the part of the module between its objects, such as ".bss"
  };
  std::uint64_t offset = 0;  ///< bytes from the module's first mapped byte
  std::uint64_t size = 0;    ///< bytes
  std::string name;          ///< demangled
  Kind kind = Kind::kObject;
};

/// What is known of one file that was mapped. Two builds of one path are two modules.
struct ModuleSymbols {
  std::string path;      ///< as in MappingRecord
  std::string build_id;  ///< bytes, as in MappingRecord
  /// Where the module lies in a process: the address of the mapping of its file that begins at this
  /// file offset is the one that DataSymbol::offset counts from.
  std::uint64_t first_mapped_offset = 0;
  std::vector<CodeSymbol> code;  ///< ascending offsets
  /// Ascending offsets. Objects do not overlap each other; sections may hold objects.
  std::vector<DataSymbol> data;
};

/// Code that a process made itself (JIT), by address. It is what the process knew in the end.
struct ProcessSymbols {
  std::int32_t pid = 0;
  std::vector<CodeSymbol> code;  ///< ascending addresses
};

/// All symbols of a trace.
struct Symbols {
  std::map<std::pair<std::string, std::string>, ModuleSymbols> modules;  ///< by path and build-id
  std::map<std::int32_t, ProcessSymbols> processes;                      ///< by pid

  /// nullptr when nothing of it occurs in the trace.
  [[nodiscard]] const ModuleSymbols* FindModule(const std::string& path,
                                                const std::string& build_id) const {
    const auto found = modules.find({path, build_id});
    return found == modules.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const ProcessSymbols* FindProcess(std::int32_t pid) const {
    const auto found = processes.find(pid);
    return found == processes.end() ? nullptr : &found->second;
  }
};

}  // namespace heimdallr
