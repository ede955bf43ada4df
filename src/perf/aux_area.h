// The area that hardware with a trace of its own, such as ARM's SPE, writes into beside the ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "base/mapped_region.h"
#include "perf/ring.h"
#include "perf/system.h"

namespace heimdallr::perf {

/// The reading half. Not thread-safe. Offsets count from the first byte ever written.
class AuxArea {
 public:
  /// Maps `bytes`, rounded up to a power of two of pages, for the event `fd` that owns `ring`;
  /// takes halves down to kMinBytes where the user may lock no more. Errors as PerfRing::Map's.
  [[nodiscard]] static absl::StatusOr<AuxArea> Map(int fd, PerfRing& ring, std::size_t bytes,
                                                   std::string_view what,
                                                   const System& system = RealSystem());

  /// A piece that a record of the ring told of, valid until the next call. Nothing when it is
  /// larger than the area, or not in it any more.
  [[nodiscard]] std::optional<std::span<const std::byte>> Read(std::uint64_t offset,
                                                               std::uint64_t size);

  /// Gives everything before `offset` back to the hardware.
  void ConsumeUntil(std::uint64_t offset);

  /// Where the hardware writes next.
  [[nodiscard]] std::uint64_t head() const;

  [[nodiscard]] std::size_t bytes() const { return region_.size(); }

  static constexpr std::size_t kMinBytes = 64U << 10;

 private:
  AuxArea(base::MappedRegion region, perf_event_mmap_page& control);

  base::MappedRegion region_;
  perf_event_mmap_page* control_;  // of the ring, whose memory stays where it is when it is moved
  std::vector<std::byte> scratch_;
};

}  // namespace heimdallr::perf
