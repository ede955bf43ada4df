// The values a trace holds, as a reader of traces sees them. Nothing here depends on the file
// format.
//
// Times are nanoseconds of CLOCK_MONOTONIC since the start of the recording. Addresses are virtual
// addresses of the process named by the record. A `std::string_view` in a record points into the
// reader it came from and lives as long as that reader.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

namespace heimdallr {

enum class AccessKind : std::uint8_t {
  kUnknown = 0,
  kLoad = 1,
  kStore = 2,
  kLoadStore = 3,  ///< one instruction reads and writes the same operand, such as `add %eax,(%rdi)`
};

/// One sampled memory access.
struct AccessRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t ip = 0;       ///< address of the accessing instruction
  std::uint64_t address = 0;  ///< first byte accessed
  /// Number of the sample within its stream, counted from 1. Block replay makes several records of
  /// one tick; they share its number.
  std::uint64_t tick = 0;
  std::uint64_t data_source = 0;     ///< `perf_mem_data_src` of linux/perf_event.h; 0 = not known
  std::uint32_t latency_cycles = 0;  ///< 0 = the source does not measure it
  /// What the record counts for beside the others of its stream: 1 for a hardware sample; for the
  /// clock source how often the instruction is taken to have run (see src/README.md).
  float weight = 1;
  /// Events of the stream that the sample stands for; of the clock source ns of CPU time. It
  /// changes within a stream when the governor steps in; 0 = not known.
  std::uint64_t period = 0;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint32_t cpu = 0;
  std::uint16_t size = 0;   ///< bytes accessed; 0 = not known
  std::uint8_t stream = 0;  ///< `StreamInfo::id`
  AccessKind kind = AccessKind::kUnknown;
  bool direct = true;  ///< the instruction at the tick itself, not one replayed from its block
};

/// One page fault: the first touch of a page, or a page brought back.
struct FaultRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t ip = 0;
  std::uint64_t address = 0;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint32_t cpu = 0;
  std::uint8_t stream = 0;
};

/// The function the program called. Values are part of the trace format and of the channel ABI.
enum class AllocationCall : std::uint8_t {
  kUnknown = 0,
  kMalloc = 1,
  kCalloc = 2,
  kRealloc = 3,
  kReallocarray = 4,
  kFree = 5,
  kPosixMemalign = 6,
  kAlignedAlloc = 7,
  kMemalign = 8,
  kValloc = 9,
  kPvalloc = 10,
  kFreeSized = 11,
  kFreeAlignedSized = 12,
  kOperatorNew = 13,
  kOperatorNewArray = 14,
  kOperatorDelete = 15,
  kOperatorDeleteArray = 16,
  kMmap = 17,
  kMunmap = 18,
  kMremap = 19,
  kBrk = 20,
  kSbrk = 21,
};

enum class AllocationEvent : std::uint8_t {
  kAllocate = 0,    ///< stamped after the real call returned
  kDeallocate = 1,  ///< stamped before the real call
};

/// One event of the allocation interposer.
///
/// `realloc`, `reallocarray` and `mremap` of an existing block make two records, as other threads
/// may get the old address in between: a deallocation of the old block, then an allocation whose
/// `old_address` names it. An allocation whose `address` is 0 failed; if it has an `old_address`,
/// that block stays alive - unless `size` is 0 as well: realloc(p, 0) frees. `free(NULL)` makes no
/// record.
struct AllocationRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;         ///< bytes asked for; 0 when the call does not say (free)
  std::uint64_t old_address = 0;  ///< 0 = none
  std::uint64_t caller = 0;       ///< return address of the call
  std::uint32_t stack = 0;        ///< `TraceReader::Stack`; 0 = not recorded
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  AllocationCall call = AllocationCall::kUnknown;
  AllocationEvent event = AllocationEvent::kAllocate;
  /// `MemoryInfo::id` of what served an allocation; 0 = the program's own allocator, or no block.
  std::uint8_t memory = 0;
};

/// Part of an address space that appeared: mapped by the program, the loader or the kernel.
struct MappingRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t offset = 0;  ///< bytes into the file
  std::uint64_t inode = 0;
  std::string_view path;         ///< a file, or the kernel's name such as "[heap]" or "//anon"
  std::string_view build_id;     ///< bytes, not hexadecimal; empty = none or not known
  std::uint32_t protection = 0;  ///< PROT_* bits of mmap(2)
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  bool shared = false;  ///< MAP_SHARED
};

enum class ProcessEvent : std::uint8_t {
  kStart = 0,   ///< forked by `parent_pid`, or the first process
  kExec = 1,    ///< a new image; its mappings follow, those before are gone
  kExit = 2,    ///< the last thread ended
  kAttach = 3,  ///< the interposer of this image reported in: allocations are recorded from here
};

struct ProcessRecord {
  std::uint64_t time_ns = 0;
  std::string_view command;     ///< the kernel's short name (15 bytes at most)
  std::string_view executable;  ///< path; empty when it could not be read
  std::string_view build_id;    ///< bytes; empty = none or not known
  std::int32_t pid = 0;
  std::int32_t parent_pid = 0;  ///< of kStart, else 0
  ProcessEvent event = ProcessEvent::kStart;
};

enum class ThreadEvent : std::uint8_t {
  kStart = 0,
  kName = 1,
  kExit = 2,
  kLayout = 3,  ///< the interposer reports where the thread's stack and TLS are
};

struct ThreadRecord {
  std::uint64_t time_ns = 0;
  std::string_view name;             ///< of kName
  std::uint64_t thread_pointer = 0;  ///< TLS base (x86-64: fs base), of kLayout
  std::uint64_t stack_top = 0;       ///< first address above the stack, of kLayout; 0 = not known
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  ThreadEvent event = ThreadEvent::kStart;
};

/// Why something that happened is not among the records. Values are part of the trace format.
enum class LossKind : std::uint8_t {
  kUnknown = 0,
  kRingOverflow = 1,        ///< samples: the kernel found the perf ring full (PERF_RECORD_LOST)
  kSamplesLost = 2,         ///< samples: dropped before the ring (PERF_RECORD_LOST_SAMPLES)
  kThrottle = 3,            ///< times the kernel stopped an event for the rest of a tick
  kNoMemoryOperand = 4,     ///< ticks: the code around it reads and writes no memory
  kCodeUnreadable = 5,      ///< ticks: the bytes of the instruction could not be read
  kInstructionUnknown = 6,  ///< ticks: the decoder does not know the instruction
  kOperandUnknown = 7,      ///< ticks: none of the block's addresses could be computed
  kNoUserRegisters = 8,     ///< ticks: the kernel gave no user registers
  kAllocationOverflow = 9,  ///< allocation events: no ring, or the recorder stopped reading
  kChannelStall = 10,       ///< times a thread of the workload waited for room; nothing was lost
  kUntracedProcess = 11,    ///< images that ran without the interposer: static, setuid, other libc
  kWriteFailed = 12,        ///< records that could not be written to the trace
  kCorruptRecord = 13,      ///< kernel or channel records that made no sense
  kMultiplexed = 14,        ///< nanoseconds the event was not on the processor though enabled
  kNamespaceBypass = 15,    ///< dlopen calls with RTLD_DEEPBIND or dlmopen, which see no interposer
  kVectorIndex = 16,        ///< replayed operands: addresses in a vector register (gather, scatter)
  kSegmentBase = 17,        ///< replayed operands: relative to a segment base that is not known
  kRegisterUnknown = 18,    ///< replayed operands: a register had changed between tick and operand
  kNotMemory = 19,          ///< hardware samples of operations that neither load nor store
  kNoDataAddress = 20,      ///< hardware samples for which the processor gave no data address
  kAuxGap = 21,             ///< times ARM's SPE found no room, or sampled while a sample was open
};
inline constexpr std::uint8_t kLossKinds = 22;  ///< one more than the largest LossKind

struct LossRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t count = 0;        ///< unit by `kind`
  std::uint64_t duration_ns = 0;  ///< of kChannelStall: how long; else 0
  std::int32_t pid = 0;           ///< 0 = not of one process
  std::int32_t tid = 0;
  std::uint8_t stream = 0;  ///< 0 = not of a stream of samples
  LossKind kind = LossKind::kUnknown;
};

/// Where the figures of a StatisticsRecord come from, best first.
enum class StatisticsSource : std::uint8_t {
  kWait = 0,        ///< wait4(2) of the first process: exact, with the children it waited for
  kExitReport = 1,  ///< getrusage(2) by the interposer at exit: all but the last microseconds
  kLastSeen = 2,    ///< last look at /proc while the process lived: a lower bound
};

/// What running one process cost, as the kernel accounts it.
struct StatisticsRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t user_ns = 0;
  std::uint64_t system_ns = 0;
  std::uint64_t max_rss_bytes = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::int32_t pid = 0;
  std::int32_t exit_code = -1;   ///< -1 = ended by a signal, or not known
  std::int32_t exit_signal = 0;  ///< 0 = ended by itself
  StatisticsSource source = StatisticsSource::kWait;
};

/// The governor chose how often to sample: at the start, and whenever what sampling costs called
/// for another period. Samples on their way still carry the period before.
struct PeriodRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t period = 0;  ///< from now on, in the unit of AccessRecord::period
  std::uint64_t sample_cost_ns =
      0;  ///< of one sample, workload and recorder together; 0 = not known
  /// Share of the workload's CPU time that sampling took since the record before, 0.05 = 5 %; 0 for
  /// the first.
  float overhead = 0;
  std::uint8_t stream = 0;
};

/// Where pages of a process lay when the recorder looked: pages that follow each other on one node.
/// A look has several such records with the same time and process.
struct PlacementRecord {
  std::uint64_t time_ns = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< bytes, whole pages
  /// What each of these pages stands for: more than 1 where the process has more memory than is
  /// looked at.
  float weight = 1;
  std::uint32_t node = 0;
  std::int32_t pid = 0;
};

using Record =
    std::variant<AccessRecord, FaultRecord, AllocationRecord, MappingRecord, ProcessRecord,
                 ThreadRecord, LossRecord, StatisticsRecord, PeriodRecord, PlacementRecord>;

/// Time of any record, in ns since the start of the recording.
[[nodiscard]] inline std::uint64_t TimeNs(const Record& record) {
  return std::visit([](const auto& r) { return r.time_ns; }, record);
}

}  // namespace heimdallr
