// The shared memory between the recorder and the interposer in the workload.
//
// One memfd, made by the recorder and opened by each process through the path in
// kEnvironmentVariable. It holds a ChannelHeader, then kMaxRings RingControl, then kMaxRings rings
// of records. Each ring has one producer (a thread of the workload) and one consumer (the
// recorder).
//
// Only fixed-width fields and atomics of them: both sides may be built by different compilers. Both
// treat what they read as hostile: indices are masked, sizes checked against the file's.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heimdallr::channel {

inline constexpr char kEnvironmentVariable[] = "HEIMDALLR_CHANNEL";
inline constexpr std::uint64_t kMagic = 0x31'4e'48'43'4c'44'4d'48;  // "HMDLCHN1", little endian
inline constexpr std::uint32_t kAbiVersion = 2;

/// Where libheimdallr-memkind.so takes the program's heap from, as settings with ';' between them:
/// "fork=private" or "fork=refuse", "fallback=0" or "fallback=1", "size=BYTES" (0 = as much as
/// there is room), and last, as a path may have any character, "kind=NAME" or "pmem=FOLDER".
inline constexpr char kMemoryVariable[] = "HEIMDALLR_MEMORY";

/// Threads that can record at one time; a ring is used again once its thread has ended.
inline constexpr std::uint32_t kMaxRings = 4096;
inline constexpr std::uint32_t kMinRingRecords = 256;
inline constexpr std::uint32_t kMaxRingRecords = 1U << 22;
inline constexpr std::uint32_t kMaxStackDepth = 64;

/// What a record says. 1..63: the values of heimdallr::AllocationCall for an event that makes or
/// frees memory in one step. Below: halves of two-step calls, and reports.
enum class EventCode : std::uint8_t {
  // First half of realloc, reallocarray, mremap: the old block is given up (stamped before the real
  // call): address = old, size = old size of mremap. The second half has the plain call code,
  // size = new size and address = new (0 = failed); its `old` is the address of the first half,
  // which precedes it in the same ring. A call without an old block has no first half. A second
  // half of realloc with address 0 and size 0 did not fail: realloc(p, 0) freed the block.
  kReallocBegin = 64,
  kReallocarrayBegin = 65,
  kMremapBegin = 66,
  // brk and sbrk that give memory back: address = new break, size = bytes. Growth uses the plain
  // call code: address = old break.
  kBrkShrink = 67,
  kSbrkShrink = 68,

  // First record of every ring's owner: address = thread pointer, size = first address above the
  // stack (0 = not known).
  kThreadStart = 96,
  // A call stack, sent before the first event that names it: address = number of frames,
  // size = 0, low bits of the tag = stack id. ceil(frames / 3) slots follow at once, innermost
  // frame first, in the order time, address, size; their code is kStackFrames.
  kStackDefinition = 97,
  kStackFrames = 98,
  // At exit, two slots: (address = user us, size = system us, low bits = exit status), then
  // (address = max RSS KiB, size = minor faults << 32 | major faults).
  kExitReport = 99,
  kExitReportFaults = 100,
  // dlopen with RTLD_DEEPBIND, or dlmopen: calls made there may bypass the interposer.
  kNamespaceBypass = 101,
};

/// Which memory served a block, in a record of the C or C++ heap that made one (its address is not
/// 0): the top byte of `size`. No block is so large.
enum class MemoryCode : std::uint8_t {
  kDefault = 0,   // libc's heap, or that of an allocator the program brings
  kAsked = 1,     // what kMemoryVariable names
  kFallback = 2,  // libc's heap, as the memory asked for had no room
};
inline constexpr int kMemoryShift = 56;
inline constexpr std::uint64_t kSizeMask = (std::uint64_t{1} << kMemoryShift) - 1;

/// One event, 32 bytes, two to a cache line.
///
/// `tag` is stored last, with release order; its top bit is the commit phase of the slot: slot
/// number n (counted from 0 for ever) is committed when the bit equals CommitPhase(n). The other 7
/// bits above bit 55 are the EventCode. Bits 0-55 are the caller's return address, or the stack id
/// when the channel asks for stacks (user addresses have at most 56 bits on x86-64 with LA57).
struct EventRecord {
  std::uint64_t time;  // units by ChannelHeader::clock
  std::uint64_t address;
  std::uint64_t size;
  std::uint64_t tag;
};
static_assert(sizeof(EventRecord) == 32);

inline constexpr std::uint64_t kTagPayloadMask = (std::uint64_t{1} << 56) - 1;

/// Commit phase of slot `number` in a ring of `ring_records` (a power of two): alternates by lap
/// and starts with 1, so that fresh zeroed memory reads as uncommitted.
constexpr std::uint64_t CommitPhase(std::uint64_t number, std::uint64_t ring_records) {
  return (number & ring_records) == 0 ? 1 : 0;
}

constexpr std::uint64_t MakeTag(EventCode code, std::uint64_t payload, std::uint64_t phase) {
  return (phase << 63) | (static_cast<std::uint64_t>(code) << 56) | (payload & kTagPayloadMask);
}
constexpr EventCode TagCode(std::uint64_t tag) {
  return static_cast<EventCode>((tag >> 56) & 0x7f);
}

enum class RingState : std::uint32_t {
  kFree = 0,      // may be claimed; its memory has not been touched yet
  kPrepared = 1,  // may be claimed; the recorder has allocated its pages (claim these first: the
                  // pages then do not fall under the workload's memory policy)
  kClaimed = 2,   // by the thread `pid`, `tid`
  kRetired = 3,   // its thread has ended; the recorder drains it and frees it
};

/// State of one ring. A thread claims it by a compare-exchange of `state` from kPrepared or kFree
/// to kClaimed (acquire, so that it sees the final `tail`), and goes on at slot number `tail`:
/// phases continue across owners. Only the recorder writes `tail` and the way back to kFree or
/// kPrepared.
struct RingControl {
  alignas(64) std::atomic<std::uint32_t> state;  // RingState
  std::int32_t pid;     // pid, tid and image are valid once the owner has committed a record:
  std::int32_t tid;     // it writes them after winning `state` and before its kThreadStart
  std::uint64_t image;  // differs between images of one process id (fork, exec)
  std::atomic<std::uint64_t> stalls;    // times the producer found the ring full
  std::atomic<std::uint64_t> stall_ns;  // how long it waited
  std::atomic<std::uint64_t> dropped;   // events given up on because the recorder did not read
  alignas(64) std::atomic<std::uint64_t> tail;  // next slot number to read
};
static_assert(sizeof(RingControl) == 128);

enum class ChannelClock : std::uint32_t {
  kMonotonic = 0,         // ns of CLOCK_MONOTONIC
  kTimeStampCounter = 1,  // time_stamp.h; the recorder converts
};

enum class ChannelState : std::uint32_t {
  kOpen = 1,
  kClosed = 2,  // the recording has ended: producers detach when they next look
};

struct ChannelHeader {
  std::uint64_t magic;
  std::uint32_t abi_version;
  std::uint32_t ring_records;  // a power of two
  std::uint64_t rings_offset;  // bytes from the start of the file to ring 0
  std::uint64_t ring_stride;   // bytes between rings
  std::uint64_t file_bytes;
  ChannelClock clock;
  std::uint32_t stack_depth;  // frames to record; 0 = the caller alone, tags carry addresses
  std::int32_t recorder_pid;
  std::atomic<std::uint32_t> state;                        // ChannelState
  alignas(64) std::atomic<std::uint64_t> heartbeat_ns;     // CLOCK_MONOTONIC of the recorder's last
                                                           // round; a stale one means it is gone
  alignas(64) std::atomic<std::uint64_t> unringed_events;  // events of threads that got no ring
  std::atomic<std::uint32_t> claim_hint;                   // where to start looking for a free ring
};

/// A producer that waits for room longer than this with the heartbeat unchanged looks for the
/// recorder and detaches for good when it is gone, a zombie, or cannot be seen.
inline constexpr std::uint64_t kRecorderDeadAfterNs = 5'000'000'000;

inline constexpr std::size_t kControlOffset = 4096;
static_assert(sizeof(ChannelHeader) <= kControlOffset);

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

}  // namespace heimdallr::channel
