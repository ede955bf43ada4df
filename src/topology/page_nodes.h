// On which memory nodes the pages of a process lie.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::topology {

/// Part of an address space, whole pages.
struct AddressRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< first address behind it
};

/// Pages that follow each other and lie on one node.
struct PageRun {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  std::int32_t node = 0;
};

struct PageLook {
  std::vector<PageRun> runs;        ///< ascending; what was looked at
  std::uint64_t present_pages = 0;  ///< pages in the ranges that are there
  std::uint64_t asked_pages = 0;    ///< of these, those whose node was asked for
  std::uint64_t seen_pages = 0;     ///< of these, those in `runs`: they have memory of their own
};

/// How it is found out which pages are there.
enum class PresentBy {
  kScan,     ///< PAGEMAP_SCAN where the kernel knows it (Linux 6.7), else as below
  kReading,  ///< /proc/PID/pagemap, 8 bytes a page
};

/// Looks at the pages of one process from outside. The process is neither stopped nor are its pages
/// touched.
class PageNodes {
 public:
  /// NotFound when the process has gone; PermissionDenied where it may not be looked into
  /// (ptrace(2), "ptrace access mode checking").
  [[nodiscard]] static absl::StatusOr<PageNodes> Open(pid_t pid,
                                                      PresentBy present_by = PresentBy::kScan);

  /// Asks the kernel where the present pages of `ranges` (ascending, apart) lie. Of more than
  /// `most_pages` it asks for evenly spread stretches of 64 pages, about that many in all.
  /// NotFound when the process has gone.
  [[nodiscard]] absl::StatusOr<PageLook> Look(const std::vector<AddressRange>& ranges,
                                              std::uint64_t most_pages);

 private:
  PageNodes(pid_t pid, base::UniqueFd pagemap, PresentBy present_by)
      : pid_(pid), pagemap_(std::move(pagemap)), present_by_(present_by) {}

  [[nodiscard]] absl::StatusOr<std::vector<AddressRange>> PresentIn(
      const std::vector<AddressRange>& ranges);
  absl::Status ScanPresent(AddressRange range, std::vector<AddressRange>& present);
  absl::Status ReadPresent(AddressRange range, std::vector<AddressRange>& present);

  pid_t pid_;
  base::UniqueFd pagemap_;
  PresentBy present_by_;
};

}  // namespace heimdallr::topology
