// The texts that cells stand for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "export/table.h"
#include "export/words.h"

namespace heimdallr::exports {

/// Those of kText are Words; those of kStack are made when they are asked for, as all of them
/// together may be larger than memory. Not thread-safe.
class CellTexts {
 public:
  /// Text of a call stack by its number.
  using MakeStack = std::function<std::string(std::uint32_t)>;

  /// What is borrowed outlives it. `make_stack` may be empty where no column is a kStack.
  CellTexts(const Words& words, MakeStack make_stack = {})
      : words_(&words), make_stack_(std::move(make_stack)) {}

  /// Of a present cell of a column of text. Printable; valid until the next call.
  [[nodiscard]] std::string_view Of(ColumnType type, std::uint64_t bits) {
    const auto number = static_cast<std::uint32_t>(bits);
    if (type != ColumnType::kStack) return words_->text(number);
    if (stack_ != number) {
      text_ = make_stack_(number);
      stack_ = number;
    }
    return text_;
  }

 private:
  const Words* words_;
  MakeStack make_stack_;
  std::optional<std::uint32_t> stack_;  // whose text is text_
  std::string text_;
};

}  // namespace heimdallr::exports
