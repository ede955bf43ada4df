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
};

struct ChannelTotals {
  std::uint64_t events = 0;          ///< read
  std::uint64_t stalls = 0;          ///< times a producer waited for room
  std::uint64_t stall_ns = 0;
  std::uint64_t dropped = 0;         ///< events producers gave up on
  std::uint64_t corrupt = 0;         ///< slots that made no sense
  std::uint64_t owners = 0;          ///< threads that recorded
};

/// Consumer of events. Functions are called by Channel::Poll on its thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Committed records in the order the thread made them; valid during the call.
  virtual void OnEvents(const RingOwner& owner, std::span<const EventRecord> events) = 0;
  /// The thread has ended, or its image has; nothing more of `owner` follows.
  virtual void OnOwnerGone(const RingOwner& owner) = 0;
};

/// Owns the shared memory. Not thread-safe; producers live in other processes.
class Channel {
 public:
  [[nodiscard]] static absl::StatusOr<Channel> Create(const ChannelOptions& options);

  /// Path by which processes of the same user open the channel, while this process lives.
  [[nodiscard]] std::string path() const;

  /// Reads what is committed in every ring, at most one lap each. Returns the number of events.
  /// Updates the heartbeat, prepares free rings, frees rings that were retired.
  std::uint64_t Poll(EventSink& sink, std::uint64_t now_ns);

  /// Retires the rings of threads that no longer exist or whose image was replaced by exec. The
  /// caller says whether a thread is alive. Call now and then, and after exits are seen.
  void Reap(EventSink& sink, const std::function<bool(std::int32_t pid, std::int32_t tid)>& alive);

  /// Tells producers that the recording has ended.
  void Close();

  [[nodiscard]] ChannelTotals totals() const;
};

}  // namespace heimdallr::channel
