// Functions, lines and stacks, as the page has them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/code_names.h"
#include "analysis/code_place.h"
#include "heimdallr/symbols.h"
#include "report/string_table.h"

namespace heimdallr::report {

/// Numbers frames from 0, equal ones once.
class FrameTable {
 public:
  struct Frame {
    std::uint32_t function = 0;  ///< in the strings
    std::uint32_t file = 0;      ///< in the strings
    std::uint32_t line = 0;      ///< 0 = not known

    friend bool operator==(const Frame&, const Frame&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const Frame& frame) {
      return H::combine(std::move(h), frame.function, frame.file, frame.line);
    }
  };

  /// `strings` is borrowed.
  explicit FrameTable(StringTable& strings) : strings_(strings) {}

  /// Appends the frames of a place: what holds the code first, what is inlined deepest last. Where
  /// nothing is known, one frame that is called after the place.
  void AppendTo(std::vector<std::uint32_t>& stack, const analysis::CodePlace& place,
                const analysis::CodeNames& names);

  [[nodiscard]] const std::vector<Frame>& frames() const { return frames_; }

 private:
  std::uint32_t IdOf(std::string_view function, std::string_view file, std::uint32_t line);

  StringTable& strings_;
  std::vector<Frame> frames_;
  absl::flat_hash_map<Frame, std::uint32_t> ids_;
};

/// Numbers stacks (frames, outermost first) from 0, equal ones once.
class StackTable {
 public:
  std::uint32_t IdOf(std::vector<std::uint32_t> stack);

  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& stacks() const { return stacks_; }

 private:
  std::vector<std::vector<std::uint32_t>> stacks_;
  absl::flat_hash_map<std::vector<std::uint32_t>, std::uint32_t> ids_;
};

/// "module+0x12"; the address of code in no file.
[[nodiscard]] std::string PlaceText(const analysis::CodePlace& place,
                                    const analysis::ModuleMap& modules);

}  // namespace heimdallr::report
