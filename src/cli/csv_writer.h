// Comma-separated values (RFC 4180), appended to a buffer.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace heimdallr::cli {

/// Borrows the buffer.
class CsvWriter {
 public:
  explicit CsvWriter(fmt::memory_buffer& out) : out_(out) {}

  /// What is not printable text becomes \xNN; what a spreadsheet would compute (=, +, -, @ at the
  /// beginning) gets a ' before it.
  void Text(std::string_view bytes);
  template <std::integral Value>
  void Number(Value value) {
    Separate();
    const fmt::format_int text(value);
    out_.append(text.data(), text.data() + text.size());
  }
  /// Empty if it is not finite.
  void Double(double value);
  void Empty() { Separate(); }
  template <typename Value>
  void Optional(const std::optional<Value>& value) {
    if (!value) {
      Empty();
    } else if constexpr (std::integral<Value>) {
      Number(*value);
    } else {
      Double(*value);
    }
  }
  void EndRow();

 private:
  void Separate() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }

  fmt::memory_buffer& out_;
  bool first_ = true;
};

}  // namespace heimdallr::cli
