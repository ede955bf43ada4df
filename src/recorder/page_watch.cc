#include "recorder/page_watch.h"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"
#include "base/status_macros.h"
#include "process/maps.h"

namespace heimdallr::recorder {
namespace {

constexpr std::uint64_t kFirstLookNs = 10'000'000;
// Of a look's duration until the next: looking takes a twentieth of a processor at most.
constexpr std::uint64_t kRestFactor = 20;
// A page costs about 1 us (move_pages(2) on Linux 6.18, pages of 4 KiB).
constexpr std::uint64_t kMostPages = 16'384;

// Memory that objects can lie in: not the code of programs, nor what the kernel lends.
bool IsOfInterest(const process::Mapping& mapping) {
  if ((mapping.protection & PROT_WRITE) != 0) return true;
  return mapping.path.empty() && mapping.protection != PROT_NONE;
}

absl::StatusOr<topology::PageLook> PagesOf(std::int32_t pid) {
  ASSIGN_OR_RETURN(const std::vector<process::Mapping> maps, process::ReadMaps(pid));
  std::vector<topology::AddressRange> ranges;
  for (const process::Mapping& mapping : maps) {
    if (IsOfInterest(mapping)) ranges.push_back({mapping.start, mapping.end});
  }
  ASSIGN_OR_RETURN(topology::PageNodes pages, topology::PageNodes::Open(pid));
  return pages.Look(ranges, kMostPages);
}

}  // namespace

PageWatch::PageWatch(std::uint64_t interval_ns)
    : interval_ns_(interval_ns), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void PageWatch::SetProcesses(std::vector<std::int32_t> pids) {
  const std::scoped_lock lock(mutex_);
  pids_ = std::move(pids);
}

std::vector<PlacementLook> PageWatch::Take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(found_, {});
}

std::uint64_t PageWatch::CompleteUntil() const {
  const std::scoped_lock lock(mutex_);
  if (!found_.empty()) return found_.front().monotonic_ns;
  return looking_since_ns_ != 0 ? looking_since_ns_ : base::MonotonicNs();
}

absl::Status PageWatch::status() const {
  const std::scoped_lock lock(mutex_);
  return seen_any_ ? absl::OkStatus() : failure_;
}

std::vector<std::int32_t> PageWatch::Processes() const {
  const std::scoped_lock lock(mutex_);
  return pids_;
}

void PageWatch::Run(const std::stop_token& stop) {
  std::uint64_t wait_ns = std::min(kFirstLookNs, interval_ns_);
  std::uint64_t next_interval_ns = wait_ns;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, std::chrono::nanoseconds(wait_ns), [] { return false; });
    }
    if (stop.stop_requested()) return;
    const std::uint64_t begin = base::MonotonicNs();
    for (const std::int32_t pid : Processes()) {
      if (stop.stop_requested()) return;
      LookAt(pid);
    }
    const std::uint64_t took = base::MonotonicNs() - begin;
    next_interval_ns = std::min(2 * next_interval_ns, interval_ns_);
    wait_ns = std::max(next_interval_ns, kRestFactor * took);
  }
}

void PageWatch::LookAt(std::int32_t pid) {
  PlacementLook look{.pid = pid};
  {
    const std::scoped_lock lock(mutex_);
    looking_since_ns_ = look.monotonic_ns = base::MonotonicNs();
  }
  auto pages = PagesOf(pid);
  const std::scoped_lock lock(mutex_);
  looking_since_ns_ = 0;
  if (pages.ok()) {
    seen_any_ = true;
    look.pages = *std::move(pages);
    found_.push_back(std::move(look));
  } else if (!absl::IsNotFound(pages.status())) {  // a process that ended is no failure
    failure_.Update(pages.status());
  }
}

}  // namespace heimdallr::recorder
