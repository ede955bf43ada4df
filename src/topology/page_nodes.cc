#include "topology/page_nodes.h"

#include <fcntl.h>
#include <numaif.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"

namespace heimdallr::topology {
namespace {

constexpr std::uint64_t kStretchPages = 64;
constexpr std::size_t kPagesACall = 2048;

// PAGEMAP_SCAN, Linux 6.7: Documentation/admin-guide/mm/pagemap.rst and uapi/linux/fs.h. Declared
// here, as the headers of older systems lack it.
struct PageRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t categories;
};
struct PagemapScan {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t walk_end;
  std::uint64_t regions;
  std::uint64_t region_count;
  std::uint64_t max_pages;
  std::uint64_t category_inverted;
  std::uint64_t category_mask;
  std::uint64_t category_anyof_mask;
  std::uint64_t return_mask;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, PagemapScan);
constexpr std::uint64_t kPageIsPresent = 1U << 3;
constexpr std::uint64_t kPageIsZero = 1U << 5;  // the page of zeros that all share

// Of an element of /proc/PID/pagemap.
constexpr std::uint64_t kPresentBit = std::uint64_t{1} << 63;

std::uint64_t PageBytes() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

std::uint64_t Pages(AddressRange range) { return (range.end - range.begin) / PageBytes(); }

void Append(AddressRange range, std::vector<AddressRange>& ranges) {
  if (!ranges.empty() && ranges.back().end == range.begin) {
    ranges.back().end = range.end;
  } else {
    ranges.push_back(range);
  }
}

absl::Status Gone(pid_t pid) {
  return absl::NotFoundError(fmt::format("process {} has gone", pid));
}

// Stretches of `present`, every `step`-th of them; all of it where step is 1.
std::vector<AddressRange> Spread(const std::vector<AddressRange>& present, std::uint64_t step) {
  if (step == 1) return present;
  const std::uint64_t stretch = kStretchPages * PageBytes();
  std::vector<AddressRange> chosen;
  std::uint64_t number = 0;
  for (const AddressRange& range : present) {
    for (std::uint64_t begin = range.begin; begin < range.end; begin += stretch) {
      if (number++ % step == 0) chosen.push_back({begin, std::min(begin + stretch, range.end)});
    }
  }
  return chosen;
}

std::uint64_t Stretches(const std::vector<AddressRange>& present) {
  std::uint64_t count = 0;
  for (const AddressRange& range : present) {
    count += (Pages(range) + kStretchPages - 1) / kStretchPages;
  }
  return count;
}

// Asks for pages in calls of kPagesACall.
class NodeQuery {
 public:
  NodeQuery(pid_t pid, PageLook& look) : pid_(pid), look_(look) {}

  absl::Status Add(AddressRange range) {
    for (std::uint64_t page = range.begin; page < range.end; page += PageBytes()) {
      pages_[count_++] = reinterpret_cast<void*>(page);
      if (count_ == pages_.size()) RETURN_IF_ERROR(Finish());
    }
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (move_pages(pid_, count_, pages_.data(), nullptr, nodes_.data(), 0) != 0) {
      if (errno == ESRCH) return Gone(pid_);
      return base::SyscallError(errno,
                                fmt::format("cannot ask where pages of process {} lie", pid_));
    }
    look_.asked_pages += count_;
    for (std::size_t i = 0; i < count_; ++i) Take(reinterpret_cast<std::uintptr_t>(pages_[i]), i);
    count_ = 0;
    return absl::OkStatus();
  }

 private:
  void Take(std::uint64_t address, std::size_t index) {
    if (nodes_[index] < 0) return;  // gone meanwhile, or the shared page of zeros
    ++look_.seen_pages;
    if (!look_.runs.empty()) {
      PageRun& last = look_.runs.back();
      if (last.node == nodes_[index] && last.address + last.bytes == address) {
        last.bytes += PageBytes();
        return;
      }
    }
    look_.runs.push_back({.address = address, .bytes = PageBytes(), .node = nodes_[index]});
  }

  pid_t pid_;
  PageLook& look_;
  std::array<void*, kPagesACall> pages_{};
  std::array<int, kPagesACall> nodes_{};
  std::size_t count_ = 0;
};

}  // namespace

absl::StatusOr<PageNodes> PageNodes::Open(pid_t pid, PresentBy present_by) {
  const std::string path = fmt::format("/proc/{}/pagemap", pid);
  base::UniqueFd pagemap(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!pagemap.valid()) {
    return base::SyscallError(errno, fmt::format("cannot look at the pages of process {}", pid));
  }
  return PageNodes(pid, std::move(pagemap), present_by);
}

absl::Status PageNodes::ScanPresent(AddressRange range, std::vector<AddressRange>& present) {
  std::array<PageRegion, 512> regions{};
  PagemapScan scan{.size = sizeof(PagemapScan),
                   .start = range.begin,
                   .end = range.end,
                   .regions = reinterpret_cast<std::uintptr_t>(regions.data()),
                   .region_count = regions.size(),
                   .category_inverted = kPageIsZero,
                   .category_mask = kPageIsPresent | kPageIsZero,
                   .return_mask = kPageIsPresent};
  while (scan.start < scan.end) {
    const int found = ioctl(pagemap_.get(), kPagemapScan, &scan);
    if (found < 0) {
      if (errno == EINTR) continue;
      if (errno == ESRCH) return Gone(pid_);
      return base::SyscallError(errno, fmt::format("cannot scan the pages of process {}", pid_));
    }
    for (int i = 0; i < found; ++i) {
      const PageRegion& region = regions[static_cast<std::size_t>(i)];
      Append({region.start, region.end}, present);
    }
    if (scan.walk_end <= scan.start) return absl::OkStatus();  // the address space is gone
    scan.start = scan.walk_end;
  }
  return absl::OkStatus();
}

absl::Status PageNodes::ReadPresent(AddressRange range, std::vector<AddressRange>& present) {
  std::array<std::uint64_t, 8192> entries{};
  const std::uint64_t page = PageBytes();
  std::uint64_t address = range.begin;
  while (address < range.end) {
    const std::uint64_t wanted =
        std::min<std::uint64_t>((range.end - address) / page, entries.size());
    const ssize_t got = pread(pagemap_.get(), entries.data(), wanted * sizeof(entries[0]),
                              static_cast<off_t>(address / page * sizeof(entries[0])));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return base::SyscallError(errno, fmt::format("cannot read the pages of process {}", pid_));
    }
    if (got == 0) return Gone(pid_);
    const auto count = static_cast<std::uint64_t>(got) / sizeof(entries[0]);
    for (std::uint64_t i = 0; i < count; ++i, address += page) {
      if ((entries[i] & kPresentBit) != 0) Append({address, address + page}, present);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<AddressRange>> PageNodes::PresentIn(
    const std::vector<AddressRange>& ranges) {
  std::vector<AddressRange> present;
  for (const AddressRange& range : ranges) {
    std::vector<AddressRange> found;
    if (present_by_ == PresentBy::kScan) {
      const absl::Status scanned = ScanPresent(range, found);
      if (absl::IsNotFound(scanned)) return scanned;
      if (!scanned.ok()) present_by_ = PresentBy::kReading;
    }
    if (present_by_ == PresentBy::kReading) {
      found.clear();
      RETURN_IF_ERROR(ReadPresent(range, found));
    }
    present.insert(present.end(), found.begin(), found.end());
  }
  return present;
}

absl::StatusOr<PageLook> PageNodes::Look(const std::vector<AddressRange>& ranges,
                                         std::uint64_t most_pages) {
  ASSIGN_OR_RETURN(const std::vector<AddressRange> present, PresentIn(ranges));
  PageLook look{};
  for (const AddressRange& range : present) look.present_pages += Pages(range);
  const std::uint64_t most_stretches = std::max<std::uint64_t>(1, most_pages / kStretchPages);
  const std::uint64_t step = look.present_pages <= most_pages
                                 ? 1
                                 : (Stretches(present) + most_stretches - 1) / most_stretches;
  NodeQuery query(pid_, look);
  for (const AddressRange& range : Spread(present, step)) RETURN_IF_ERROR(query.Add(range));
  RETURN_IF_ERROR(query.Finish());
  return look;
}

}  // namespace heimdallr::topology
