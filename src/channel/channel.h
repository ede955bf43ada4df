// The recorder's end of the channel: makes the shared memory and reads events out of it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/mapped_region.h"
#include "base/unique_fd.h"
#include "channel/abi.h"
#include "channel/ring_reader.h"

namespace heimdallr::channel {

struct ChannelOptions {
  std::uint32_t ring_records = 8192;  ///< a power of two, kMinRingRecords..kMaxRingRecords
  std::uint32_t stack_depth = 0;      ///< 0..kMaxStackDepth
  ChannelClock clock = ChannelClock::kMonotonic;
  std::int32_t recorder_pid = 0;
};

/// The thread a batch of events comes from. `owner` numbers the claims of rings from 1, so that
/// state kept by it is not mixed up when a thread id or a ring is used again.
struct RingOwner {
  std::uint64_t owner = 0;
  std::uint64_t image = 0;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  // What the thread counted, final in OnOwnerGone and 0 before.
  std::uint64_t stalls = 0;    ///< times it waited for room
  std::uint64_t stall_ns = 0;  ///< how long it waited
  std::uint64_t dropped = 0;   ///< events it gave up on
};

struct ChannelTotals {
  std::uint64_t events = 0;  ///< read
  std::uint64_t stalls = 0;  ///< times a producer waited for room
  std::uint64_t stall_ns = 0;
  std::uint64_t dropped = 0;  ///< events producers gave up on, for want of a ring too
  std::uint64_t corrupt = 0;  ///< slots that made no sense, or of a ring without pid and tid
  std::uint64_t owners = 0;   ///< threads that recorded
};

/// Consumer of events. Functions are called by Channel::Poll on its thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Committed records in the order the thread made them, none with an unknown code, of an owner
  /// whose pid and tid are above 0; a copy, which the workload cannot change, valid during the
  /// call. What the records say is still the workload's word.
  virtual void OnEvents(const RingOwner& owner, std::span<const EventRecord> events) = 0;
  /// The thread has ended, or its image has; nothing more of `owner` follows.
  virtual void OnOwnerGone(const RingOwner& owner) = 0;
};

/// Owns the shared memory. Not thread-safe; producers live in other processes.
class Channel {
 public:
  /// InvalidArgument when an option is out of its range; else by errno.
  [[nodiscard]] static absl::StatusOr<Channel> Create(const ChannelOptions& options);

  Channel(Channel&&) noexcept = default;
  Channel& operator=(Channel&&) noexcept = default;

  /// Path by which processes of the same user open the channel, while this process lives.
  [[nodiscard]] std::string path() const;

  /// Reads what is committed in every ring, at most one lap each. Returns the number of events.
  /// Updates the heartbeat, prepares free rings, frees rings that were retired. `now_ns` is
  /// CLOCK_MONOTONIC.
  std::uint64_t Poll(EventSink& sink, std::uint64_t now_ns);

  /// Retires the rings of threads that no longer exist. The caller says whether a thread is alive.
  /// Call now and then, and after exits are seen. (Rings of an image that was replaced by exec are
  /// retired when the new image reports in.)
  void Reap(EventSink& sink, const std::function<bool(std::int32_t pid, std::int32_t tid)>& alive);

  /// Tells producers that the recording has ended.
  void Close();

  [[nodiscard]] ChannelTotals totals() const;

 private:
  struct Ring {
    base::MappedRegion memory;  // empty until the ring is first needed
    RingReader reader;
    RingOwner owner;            // owner.owner is 0 until its first record is there
    std::uint64_t started = 0;  // stamp of the owner's kThreadStart; 0 = that did not come first
    std::uint64_t idle_since_ns = 0;
    bool replaced = false;       // its image is known to be gone
    bool active = false;         // claimed by a producer, as far as is known
    bool gap_suspected = false;  // HasGap said so when last asked
  };

  Channel(base::UniqueFd fd, base::MappedRegion control, const ChannelOptions& options);

  [[nodiscard]] ChannelHeader& header() const;
  [[nodiscard]] RingControl& control(std::uint32_t index) const;
  [[nodiscard]] RingState state(std::uint32_t index) const;
  [[nodiscard]] std::uint64_t Offset(std::uint32_t index) const;
  [[nodiscard]] bool Map(std::uint32_t index);
  void PrepareRings();
  void FindClaims();
  bool Activate(std::uint32_t index);
  std::uint64_t ReadLap(Ring& ring, std::uint32_t index, EventSink& sink);
  void Identify(Ring& ring, std::uint32_t index, const EventRecord& first, EventSink& sink);
  void EndReplaced(Ring& ring, EventSink& sink);
  void WatchForGap(Ring& ring, std::uint64_t now_ns);
  void Finish(std::uint32_t index, EventSink& sink);
  void Free(Ring& ring, std::uint32_t index);

  base::UniqueFd fd_;
  base::MappedRegion control_;
  std::uint32_t ring_records_;  // ours: the workload can write to the header
  std::vector<Ring> rings_;
  std::vector<std::uint32_t> active_;
  std::vector<std::uint32_t> prepared_;
  std::vector<EventRecord> batch_;
  ChannelTotals totals_;    // of rings already freed
  std::uint32_t used_ = 0;  // rings that were ever claimed lie below this
  std::uint64_t polls_ = 0;
};

}  // namespace heimdallr::channel
