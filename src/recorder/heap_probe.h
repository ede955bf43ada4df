// Whether memkind gives the memory that is asked for: it is asked, in a process like the workload.
#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

#include "process/placement.h"
#include "recorder/placement.h"

namespace heimdallr::recorder {

struct HeapProbe {
  std::string program;                   ///< path of heimdallr-heap-probe
  std::string memory_library;            ///< path of libheimdallr-memkind.so
  std::vector<std::string> environment;  ///< the workload's, before anything is preloaded
  process::Placement placement;          ///< the workload's: what is near depends on it
};

/// Runs the program, which takes one block from the heap; 10 to 100 ms, 10 s at most. memkind ends
/// processes it cannot work in, and costs a dozen libraries, so neither the recorder nor the
/// workload is where to find out. FailedPrecondition with memkind's reason when it gives none;
/// NotFound and others when the program cannot be run. The caller ignores SIGPIPE.
[[nodiscard]] absl::Status TryHeap(const AskedHeap& heap, const HeapProbe& probe);

}  // namespace heimdallr::recorder
