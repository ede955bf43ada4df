// Names of places in code.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "analysis/code_place.h"
#include "analysis/module_map.h"
#include "heimdallr/symbols.h"

namespace heimdallr::analysis {

struct CodeName {
  /// "module+0x..." or "code made by process N" when not known: never empty.
  std::string function;
  std::string file;          ///< empty = not known
  std::uint32_t line = 0;    ///< 0 = not known
  std::string module;        ///< path; empty = in no file
  std::uint64_t offset = 0;  ///< as CodePlace::offset

  friend bool operator==(const CodeName&, const CodeName&) = default;

  /// For people: "function (file.c:12)", "function (module+0x12)", "module+0x12".
  [[nodiscard]] std::string Text() const;
};

/// Which function a place belongs to where functions are inlined.
enum class InlineLevel : std::uint8_t {
  kInnermost = 0,  ///< as the source has it
  kOutermost = 1,  ///< the function that holds the code
};

/// Looks places up in the symbols of a trace. Borrows both.
class CodeNames {
 public:
  CodeNames(const Symbols& symbols, const ModuleMap& modules)
      : symbols_(symbols), modules_(modules) {}

  [[nodiscard]] CodeName NameOf(const CodePlace& place, InlineLevel level) const;

  /// The place in a call chain that asked for memory: the innermost that is no part of the standard
  /// allocators (operator new, std::allocator); the innermost of all if there is no other. Its
  /// offset is where that call returns to.
  [[nodiscard]] CodeName SiteOf(std::span<const CodePlace> chain) const;

  /// The function inlined deepest first; empty when not known. Lives as long as the symbols.
  [[nodiscard]] std::span<const CodeFrame> FramesOf(const CodePlace& place) const;

 private:
  [[nodiscard]] CodeName Named(const CodePlace& place, const CodeFrame* frame) const;

  const Symbols& symbols_;
  const ModuleMap& modules_;
};

/// The part of a path behind its last slash.
[[nodiscard]] std::string_view FileName(std::string_view path);

}  // namespace heimdallr::analysis
