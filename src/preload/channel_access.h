// The producer's end of the channel, as far as it belongs to the whole process.
#pragma once

#include <atomic>
#include <cstdint>

#include "channel/abi.h"

namespace heimdallr::preload {

enum class Recording : std::uint32_t {
  kUndecided,  // nothing happened yet, or libc is not initialised yet
  kOn,
  kOff,  // nobody asked for it, or it ended: for good
};

/// What the process knows of the channel. Constant while recording is on.
struct ChannelAccess {
  channel::ChannelHeader* header = nullptr;
  channel::RingControl* controls = nullptr;
  std::uint64_t ring_records = 0;
  std::uint64_t rings_offset = 0;
  std::uint64_t ring_stride = 0;
  std::uint32_t stack_depth = 0;
  channel::ChannelClock clock{};
  bool tick_stamps = false;       // of the time stamp counter
  bool recorder_visible = false;  // kill(recorder_pid, 0) tells whether it lives
};

extern ChannelAccess g_channel;
extern std::atomic<Recording> g_recording;

/// Opens the channel (a part of AttachThread, which keeps libc's calls of us out) when the
/// environment names one, at the first call that can. Afterwards no descriptor of it is open in the
/// process. Its errors mean that nothing is recorded.
Recording OpenChannel();

/// Nothing is recorded any more; events pass through. Room in rings that other threads know of is
/// used up, harmlessly.
void StopRecording();

/// Whether the recorder no longer reads: it said so, or its process is gone.
bool RecorderGone();

enum class RingPages {
  kAsTouched,  // the kernel maps each page when it is written first
  kAllNow,     // the recorder has allocated them: map them at once
};

/// Ring `index`, mapped at its first use and kept for later threads. nullptr when it cannot be.
channel::EventRecord* MapRing(std::uint32_t index, RingPages pages);

}  // namespace heimdallr::preload
