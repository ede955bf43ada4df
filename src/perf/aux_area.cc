#include "perf/aux_area.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <utility>

namespace heimdallr::perf {

AuxArea::AuxArea(base::MappedRegion region, perf_event_mmap_page& control)
    : region_(std::move(region)), control_(&control) {}

// The kernel finds the area by what the control page says: it is written first
// (perf_event_open(2), aux_offset).
absl::StatusOr<AuxArea> AuxArea::Map(int fd, PerfRing& ring, std::size_t bytes,
                                     std::string_view what, const System& system) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t least = std::max(2 * page, kMinBytes);
  std::size_t size = std::bit_ceil(std::max(bytes, least));
  perf_event_mmap_page& control = ring.control();
  while (true) {
    control.aux_offset = page + ring.data_bytes();
    control.aux_size = size;
    auto region = system.map(fd, size, control.aux_offset, what);
    if (region.ok()) return AuxArea(*std::move(region), control);
    if (!absl::IsPermissionDenied(region.status()) || size <= least) return region.status();
    size /= 2;
  }
}

std::uint64_t AuxArea::head() const {
  // Acquire: everything below the head was written before it was moved.
  return std::atomic_ref(control_->aux_head).load(std::memory_order_acquire);
}

std::optional<std::span<const std::byte>> AuxArea::Read(std::uint64_t offset, std::uint64_t size) {
  const std::span<const std::byte> area = region_.bytes();
  if (size > area.size()) return std::nullopt;
  if (head() - offset > area.size()) return std::nullopt;
  const std::size_t start = offset & (area.size() - 1);
  const std::size_t first = std::min<std::size_t>(size, area.size() - start);
  if (first == size) return area.subspan(start, size);
  scratch_.assign(area.begin() + static_cast<std::ptrdiff_t>(start), area.end());
  scratch_.insert(scratch_.end(), area.begin(),
                  area.begin() + static_cast<std::ptrdiff_t>(size - first));
  return scratch_;
}

void AuxArea::ConsumeUntil(std::uint64_t offset) {
  // Release: our reads end before the hardware may write over them.
  std::atomic_ref(control_->aux_tail).store(offset, std::memory_order_release);
}

}  // namespace heimdallr::perf
