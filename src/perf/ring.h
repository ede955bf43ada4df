// The ring buffer a kernel event writes its records into.
#pragma once

#include <linux/perf_event.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/mapped_region.h"
#include "perf/system.h"

namespace heimdallr::perf {

/// One record as the kernel wrote it. `bytes` is the whole record with its header, in one piece.
struct RawRecord {
  std::uint32_t type = 0;  ///< PERF_RECORD_*
  std::uint16_t misc = 0;  ///< PERF_RECORD_MISC_*
  std::span<const std::byte> bytes;
};

/// How the kernel makes times of its perf clock (that of samples without `clockid`) of counts of
/// the time stamp counter: perf_event_open(2), cap_user_time_zero.
struct ClockConversion {
  std::uint64_t time_zero = 0;
  std::uint32_t mult = 1;   ///< never 0
  std::uint16_t shift = 0;  ///< below 32

  /// The count at which the perf clock shows `time_ns`.
  [[nodiscard]] std::uint64_t CounterOf(std::uint64_t time_ns) const;
};

/// The reading half of a ring. Not thread-safe. What it reads is treated as hostile: positions and
/// sizes are checked before they are used.
class PerfRing {
 public:
  /// Maps the ring of `fd` with `data_bytes` rounded up to a power of two of pages. Where the
  /// memory the user may lock is used up (EPERM), takes halves down to kMinDataBytes; compare
  /// data_bytes(). `what` names the ring in errors, such as "perf ring of CPU 3".
  [[nodiscard]] static absl::StatusOr<PerfRing> Map(int fd, std::size_t data_bytes,
                                                    std::string_view what,
                                                    const System& system = RealSystem());

  /// A ring in memory that outlives it: a control page, then the data as the control page says.
  /// InvalidArgument when that does not fit `memory`.
  [[nodiscard]] static absl::StatusOr<PerfRing> Over(std::span<std::byte> memory);

  /// The next record, without taking it: valid until Consume, and the same again until then.
  /// Nothing when the ring is empty. DataLoss when the ring makes no sense; it then stays so until
  /// DiscardAll.
  [[nodiscard]] absl::StatusOr<std::optional<RawRecord>> Peek();

  /// Gives the room of the record last peeked back to the kernel.
  void Consume();

  /// Drops everything written so far, to go on after an error. Returns the bytes dropped.
  std::uint64_t DiscardAll();

  /// Bytes that wait to be read.
  [[nodiscard]] std::uint64_t WaitingBytes() const;

  [[nodiscard]] std::size_t data_bytes() const { return data_.size(); }

  /// Nothing where the kernel does not tell: its events have a clock of their own, or its counter
  /// is none that can be trusted.
  [[nodiscard]] std::optional<ClockConversion> clock_conversion() const;

  /// The page shared with the kernel, for the AUX area that belongs to it.
  [[nodiscard]] perf_event_mmap_page& control() { return *control_; }

  static constexpr std::size_t kMinDataBytes = 32U << 10;

 private:
  PerfRing(base::MappedRegion region, std::span<std::byte> memory, std::span<std::byte> data);

  [[nodiscard]] std::uint64_t LoadHead() const;
  void StoreTail();
  [[nodiscard]] std::span<const std::byte> Linear(std::uint64_t position, std::size_t size);

  base::MappedRegion region_;  ///< empty for Over
  perf_event_mmap_page* control_ = nullptr;
  std::span<std::byte> data_;
  std::uint64_t tail_ = 0;         ///< ours; what the control page says is not read again
  std::uint64_t peeked_size_ = 0;  ///< 0 = nothing peeked
  std::vector<std::byte> scratch_;
};

}  // namespace heimdallr::perf
