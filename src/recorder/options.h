// What a recording is asked to do: plain data, filled by the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "recorder/event_request.h"
#include "topology/memory_spec.h"

namespace heimdallr::recorder {

enum class SourceChoice { kAuto, kPmu, kClock, kFaultsOnly, kNone };
enum class ExistingFile { kRefuse, kReplace };
enum class AllocationTracing { kOn, kOff };
/// What an allocation gets when the memory asked for has no room.
enum class NoRoom { kError, kDefaultMemory };
/// What a forked process does with a heap in a file.
enum class ForkedHeap { kPrivate, kRefuse };

inline constexpr std::uint32_t kDefaultFrequencyHz = 1000;
inline constexpr double kDefaultMaxOverhead = 0.05;
inline constexpr std::uint64_t kDefaultBufferBytes = 512U << 10;
inline constexpr std::uint32_t kDefaultStackDepth = 16;

/// Where the workload's memory comes from, and where it and the recorder run.
struct PlacementOptions {
  topology::MemorySpec memory;
  std::string memory_from;                   ///< what asks for it, for messages, if not an option
  std::optional<std::uint32_t> mem_node;     ///< all memory but a heap asked for is bound to it
  std::optional<std::uint32_t> cpu_node;     ///< the workload runs on its processors
  std::vector<std::uint32_t> recorder_cpus;  ///< ascending; empty = off the workload's, if it can
  NoRoom no_room = NoRoom::kError;
  ForkedHeap forked_heap = ForkedHeap::kPrivate;
};

struct RecorderOptions {
  std::vector<std::string> command;     ///< empty = attach
  std::vector<int> attach;              ///< processes that run already; empty = start `command`
  std::uint64_t attach_for_ns = 0;      ///< how long; 0 = until they end, or a signal comes
  std::string output = "%c.%p.htrace";  ///< pattern, see output_path.h
  ExistingFile existing_file = ExistingFile::kRefuse;

  SourceChoice source = SourceChoice::kAuto;
  std::vector<EventRequest> events;                  ///< instead of a source
  bool faults = false;                               ///< page faults beside the source
  std::uint32_t frequency_hz = kDefaultFrequencyHz;  ///< used when `period_ns` is 0
  /// At least 10,000: the kernel's clock events tick no faster (perf_swevent_start_hrtimer).
  std::uint64_t period_ns = 0;
  /// Share of the workload's CPU time that sampling may take, 0..1: it slows down before it takes
  /// more. 0 = no limit.
  double max_overhead = kDefaultMaxOverhead;

  AllocationTracing allocations = AllocationTracing::kOn;
  std::uint32_t stack_depth = 0;  ///< frames for each allocation; 0 = the caller alone
  int success_status = 0;         ///< exit status of a run that went well, for statistics
  bool dry_run = false;           ///< neither sample nor interpose, only time the workload

  /// Of each ring: one a CPU for samples, one a thread for allocations. Rounded up to a power of
  /// two.
  std::uint64_t buffer_bytes = kDefaultBufferBytes;
  bool compress = false;
  std::uint64_t page_nodes_ns = 0;  ///< between looks at where pages lie; 0 = never

  PlacementOptions placement;

  std::string preload_library;  ///< path of libheimdallr-preload.so
  // Needed when `placement` asks for a heap.
  std::string memory_library;  ///< path of libheimdallr-memkind.so
  std::string heap_probe;      ///< path of heimdallr-heap-probe
};

/// Between samples of the clock source: as asked for, or by the frequency.
[[nodiscard]] inline std::uint64_t PeriodNs(const RecorderOptions& options) {
  return options.period_ns != 0 ? options.period_ns : 1'000'000'000 / options.frequency_hz;
}

}  // namespace heimdallr::recorder
