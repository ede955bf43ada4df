#include "perf/ring.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::perf {
namespace {

absl::Status MapError(const absl::Status& status, std::size_t bytes, const System& system) {
  if (!absl::IsPermissionDenied(status)) return status;
  const auto budget = MlockBudgetKb(system);
  return {
      status.code(),
      fmt::format("{} ({} KiB, with what other profilers hold, is more than this user may lock: "
                  "perf_event_mlock_kb={} on each CPU). Raise it: sysctl "
                  "kernel.perf_event_mlock_kb=4096, or ulimit -l, or grant CAP_IPC_LOCK",
                  base::Message(status), bytes >> 10,
                  budget.has_value() ? fmt::format("{}", *budget) : "unknown")};
}

}  // namespace

std::uint64_t ClockConversion::CounterOf(std::uint64_t time_ns) const {
  const std::uint64_t time = time_ns - time_zero;
  return (time / mult << shift) + ((time % mult << shift) / mult);
}

PerfRing::PerfRing(base::MappedRegion region, std::span<std::byte> memory,
                   std::span<std::byte> data)
    : region_(std::move(region)),
      control_(reinterpret_cast<perf_event_mmap_page*>(memory.data())),
      data_(data),
      tail_(control_->data_tail) {}

absl::StatusOr<PerfRing> PerfRing::Map(int fd, std::size_t data_bytes, std::string_view what,
                                       const System& system) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t least = std::max(page, kMinDataBytes);
  std::size_t bytes = std::bit_ceil(std::max(data_bytes, least));
  while (true) {
    auto region = system.map(fd, page + bytes, 0, what);
    if (region.ok()) {
      const std::span<std::byte> memory = region->bytes();
      return PerfRing(*std::move(region), memory, memory.subspan(page));
    }
    if (!absl::IsPermissionDenied(region.status()) || bytes <= least) {
      return MapError(region.status(), page + bytes, system);
    }
    bytes /= 2;
  }
}

absl::StatusOr<PerfRing> PerfRing::Over(std::span<std::byte> memory) {
  if (memory.size() < sizeof(perf_event_mmap_page)) {
    return absl::InvalidArgumentError(
        fmt::format("a perf ring needs a control page of {} bytes, {} given",
                    sizeof(perf_event_mmap_page), memory.size()));
  }
  if (reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(perf_event_mmap_page) != 0) {
    return absl::InvalidArgumentError("the memory of a perf ring is not aligned to 8 bytes");
  }
  const auto* control = reinterpret_cast<const perf_event_mmap_page*>(memory.data());
  const std::uint64_t offset = control->data_offset;
  const std::uint64_t size = control->data_size;
  if (!std::has_single_bit(size) || size < sizeof(perf_event_header) || offset > memory.size() ||
      size > memory.size() - offset) {
    return absl::InvalidArgumentError(
        fmt::format("a perf ring with {} bytes of data at {} does not fit {} bytes of memory", size,
                    offset, memory.size()));
  }
  return PerfRing(base::MappedRegion(), memory, memory.subspan(offset, size));
}

std::uint64_t PerfRing::LoadHead() const {
  // Acquire: pairs with the kernel's barrier before it stores data_head
  // (perf_output_put_handle), so that the records below the head are seen whole.
  return std::atomic_ref(control_->data_head).load(std::memory_order_acquire);
}

void PerfRing::StoreTail() {
  // Release: pairs with the kernel's control dependency on data_tail; our reads of the records end
  // before the kernel may write over them.
  std::atomic_ref(control_->data_tail).store(tail_, std::memory_order_release);
}

// The kernel counts `lock` up before and after it writes: what is read between two equal counts
// belongs together (perf_event_open(2)).
std::optional<ClockConversion> PerfRing::clock_conversion() const {
  constexpr int kTries = 1000;
  for (int i = 0; i < kTries; ++i) {
    const std::uint32_t before = std::atomic_ref(control_->lock).load(std::memory_order_acquire);
    const bool told = control_->cap_user_time_zero != 0;
    const ClockConversion conversion{.time_zero = control_->time_zero,
                                     .mult = control_->time_mult,
                                     .shift = control_->time_shift};
    std::atomic_thread_fence(std::memory_order_acquire);
    if (std::atomic_ref(control_->lock).load(std::memory_order_relaxed) != before) continue;
    if (!told || conversion.mult == 0 || conversion.shift >= 32) return std::nullopt;
    return conversion;
  }
  return std::nullopt;
}

std::span<const std::byte> PerfRing::Linear(std::uint64_t position, std::size_t size) {
  const std::size_t start = position & (data_.size() - 1);
  const std::size_t first = std::min(size, data_.size() - start);
  if (first == size) return data_.subspan(start, size);
  scratch_.resize(size);
  std::memcpy(scratch_.data(), data_.data() + start, first);
  std::memcpy(scratch_.data() + first, data_.data(), size - first);
  return scratch_;
}

absl::StatusOr<std::optional<RawRecord>> PerfRing::Peek() {
  const std::uint64_t waiting = LoadHead() - tail_;
  if (waiting == 0) return std::nullopt;
  if (waiting > data_.size()) {
    return absl::DataLossError(
        fmt::format("perf ring: {} bytes wait at {}, but it has room for {} only", waiting, tail_,
                    data_.size()));
  }
  if (waiting < sizeof(perf_event_header)) {
    return absl::DataLossError(
        fmt::format("perf ring: {} bytes wait at {}, less than a record's header", waiting, tail_));
  }
  perf_event_header header;
  std::memcpy(&header, Linear(tail_, sizeof(header)).data(), sizeof(header));
  if (header.size < sizeof(header) || header.size > waiting) {
    return absl::DataLossError(fmt::format("perf ring: the record at {} says {} bytes, {} wait",
                                           tail_, header.size, waiting));
  }
  peeked_size_ = header.size;
  return RawRecord{header.type, header.misc, Linear(tail_, header.size)};
}

void PerfRing::Consume() {
  tail_ += std::exchange(peeked_size_, 0);
  StoreTail();
}

std::uint64_t PerfRing::DiscardAll() {
  const std::uint64_t head = LoadHead();
  const std::uint64_t dropped = head - tail_;
  tail_ = head;
  peeked_size_ = 0;
  StoreTail();
  return dropped;
}

std::uint64_t PerfRing::WaitingBytes() const { return LoadHead() - tail_; }

}  // namespace heimdallr::perf
