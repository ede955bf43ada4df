// Tables of rows, whatever file they are written to.
#pragma once

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include <absl/status/status.h>

namespace heimdallr::exports {

enum class ColumnType : std::uint8_t {
  kInt32 = 0,
  kUint32 = 1,
  kUint64 = 2,
  kAddress = 3,  ///< as kUint64; text has it as 0x...
  kReal = 4,
  kFlag = 5,
  kText = 6,
  kStack = 7,  ///< text as well: frames of a call stack, see CellTexts
};

[[nodiscard]] constexpr bool IsText(ColumnType type) {
  return type == ColumnType::kText || type == ColumnType::kStack;
}

/// Whether each row has a value there.
enum class Presence : std::uint8_t { kAlways = 0, kSometimes = 1 };

struct Column {
  std::string_view name;  ///< lower case, joined by underscores; never changed
  ColumnType type = ColumnType::kUint64;
  Presence presence = Presence::kAlways;
};

/// One value; what its bits mean is said by its column.
struct Cell {
  std::uint64_t bits = 0;
  bool present = false;

  template <std::integral Value>
  [[nodiscard]] static Cell Number(Value value) {
    return {static_cast<std::uint64_t>(value), true};
  }
  /// None for 0.
  template <std::integral Value>
  [[nodiscard]] static Cell NumberUnless0(Value value) {
    return {static_cast<std::uint64_t>(value), value != 0};
  }
  /// What is no number, of a damaged trace, is 0.
  [[nodiscard]] static Cell Real(double value) {
    return {std::bit_cast<std::uint64_t>(std::isfinite(value) ? value : 0.0), true};
  }
  [[nodiscard]] static Cell Flag(bool value) { return {value ? 1U : 0U, true}; }
  /// A number of Words.
  [[nodiscard]] static Cell Text(std::uint32_t word) { return {word, true}; }
  /// Of a kStack: what CellTexts knows it by.
  [[nodiscard]] static Cell Stack(std::uint32_t number) { return {number, true}; }
  [[nodiscard]] static Cell TextUnlessEmpty(std::uint32_t word) { return {word, word != 0}; }

  [[nodiscard]] double real() const { return std::bit_cast<double>(bits); }
  [[nodiscard]] std::uint32_t word() const { return static_cast<std::uint32_t>(bits); }
};

/// Takes the rows of one table, whose columns it was made for.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  /// One cell for each column. Errors as ByteSink::Write.
  [[nodiscard]] virtual absl::Status Add(std::span<const Cell> row) = 0;
  /// After the last row.
  [[nodiscard]] virtual absl::Status Finish() = 0;
};

}  // namespace heimdallr::exports
