// Addresses of all processes on one axis without the gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "report/touched_pages.h"

namespace heimdallr::report {

/// Memory that lies together, on a linear part of the axis.
struct AxisPiece {
  std::uint32_t process = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;   ///< bytes, a multiple of the axis' unit
  std::uint64_t y = 0;      ///< sum of the sizes before it, in units
  std::uint32_t start = 0;  ///< where it begins on the axis
};

/// Memory that is to have its place, whether touched or not. Of one that is mostly untouched, only
/// what is touched.
struct AxisObject {
  enum class Extent : std::uint8_t {
    kWhole = 0,    ///< blocks, variables
    kTouched = 1,  ///< what may be reserved without being used: mappings, stacks, files
  };
  std::uint32_t process = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  Extent extent = Extent::kWhole;
};

/// The order of pieces is that of processes and addresses. A piece has its part of the axis by the
/// square roots of its size and of its accesses, the half each, and none less than a third of an
/// even share (or 1/40), so that small ones stay visible; a tenth of that where hardly anything
/// happens. Objects that fill a good part of a piece become pieces of their own.
class AddressAxis {
 public:
  static constexpr std::uint32_t kLength = 1 << 20;
  static constexpr std::size_t kMostPieces = 512;  ///< if there are not more processes than that

  /// `touched` as TouchedPages::Ranges gives it.
  AddressAxis(const std::vector<PageRange>& touched, const std::vector<AxisObject>& objects);

  [[nodiscard]] const std::vector<AxisPiece>& pieces() const { return pieces_; }
  /// Bytes of a step of `y`: 1 unless there are more than 4 GiB in all.
  [[nodiscard]] std::uint64_t unit_bytes() const { return unit_bytes_; }

  /// The piece that holds `address`, or the last of the process that begins below it, or its first;
  /// nothing for a process that has none.
  [[nodiscard]] std::optional<std::size_t> PieceOf(std::uint32_t process,
                                                   std::uint64_t address) const;

  /// Place of an address in units, all pieces after each other. What lies in no piece is put at the
  /// end of PieceOf; 0 for a process that has none.
  struct Place {
    std::uint32_t y = 0;
    std::uint32_t position = 0;  ///< on the axis, below kLength
  };
  [[nodiscard]] Place PlaceOf(std::uint32_t process, std::uint64_t address) const;

  /// From `y` to the position on the axis.
  [[nodiscard]] std::uint32_t PositionOf(std::uint32_t y) const;

 private:
  [[nodiscard]] std::uint64_t EndOf(std::size_t piece) const {
    return piece + 1 < pieces_.size() ? pieces_[piece + 1].start : kLength;
  }
  [[nodiscard]] std::uint32_t PositionIn(std::size_t piece, std::uint64_t offset) const;
  void Cut(const std::vector<AxisObject>& objects);
  void Number();
  void Divide(const std::vector<PageRange>& touched);
  [[nodiscard]] std::vector<double> AccessesOf(const std::vector<PageRange>& touched) const;

  std::uint64_t unit_bytes_ = 1;
  std::vector<AxisPiece> pieces_;
  std::vector<std::size_t> first_of_process_;  // and one behind the last
};

}  // namespace heimdallr::report
