#include "preload/room.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#include "preload/channel_access.h"
#include "preload/libc_state.h"
#include "preload/machine.h"
#include "preload/monotonic.h"
#include "preload/process_state.h"
#include "preload/recorder_process.h"

namespace heimdallr::preload {
namespace {

constinit bool g_fast_path_forbidden = false;

// The order of the ways to wait: a recorder that reads right now frees slots in well under a
// microsecond; one that sleeps between rounds does within its round. Not by sched_yield: where all
// processors are busy that costs the thread its turn, milliseconds.
constexpr std::uint64_t kSpinNs = 2'000;
constexpr int kPausesPerLook = 16;
constexpr long kSleepNs = 50'000;
constexpr int kSleepsPerLook = 16;  // between looks whether the recorder lives
// A few free slots would be full again at once, and each wait costs a system call: for so many
// sleeps a quarter of the ring is waited for.
constexpr std::uint32_t kPatientSleeps = 8;

// Not libc's: those are cancellation points.
void Sleep() {
  const timespec time{.tv_sec = 0, .tv_nsec = kSleepNs};
  syscall(SYS_nanosleep, &time, nullptr);
}

bool RefreshRoom(HotState& hot, std::uint64_t number) {
  // Acquire: our writes to the slots come after the recorder's reads of them.
  hot.room = hot.control->tail.load(std::memory_order_acquire) + hot.lap;
  hot.limit = HasFastPath(hot) ? hot.room : 0;
  return number < hot.room;
}

// The recorder took the thread for dead, say because its process id means another process in the
// recorder's pid namespace. The ring is somebody else's now.
bool RingLost(const HotState& hot) {
  return hot.control->state.load(std::memory_order_relaxed) !=
             static_cast<std::uint32_t>(channel::RingState::kClaimed) ||
         std::atomic_ref(hot.control->image).load(std::memory_order_relaxed) != g_process->image;
}

// Whether the recorder shows signs of life. One that can be seen may be stopped for as long as it
// likes: its disk, its machine or a debugger holds it up, and it will go on reading.
class Heartbeat {
 public:
  explicit Heartbeat(std::uint64_t now_ns) : seen_(Read()), since_ns_(now_ns) {}

  bool Stopped(std::uint64_t now_ns) {
    const std::uint64_t beat = Read();
    if (beat != seen_) {
      seen_ = beat;
      since_ns_ = now_ns;
    }
    if (now_ns - since_ns_ <= channel::kRecorderDeadAfterNs) return false;
    since_ns_ = now_ns;
    return !RecorderCanRun();
  }

 private:
  static std::uint64_t Read() {
    return g_channel.header->heartbeat_ns.load(std::memory_order_relaxed);
  }
  std::uint64_t seen_;
  std::uint64_t since_ns_;
};

enum class Outcome { kRoom, kRecorderGone, kRingLost };

bool SpinForRoom(HotState& hot, std::uint64_t number, std::uint64_t start_ns) {
  do {
    for (int i = 0; i < kPausesPerLook; ++i) Pause();
    if (RefreshRoom(hot, number)) return true;
  } while (MonotonicNs() - start_ns < kSpinNs);
  return false;
}

Outcome Wait(HotState& hot, std::uint64_t number, std::uint64_t start_ns) {
  if (SpinForRoom(hot, number, start_ns)) return Outcome::kRoom;
  Heartbeat heartbeat(start_ns);
  for (std::uint32_t sleeps = 0;; ++sleeps) {
    if (sleeps % kSleepsPerLook == 0) {
      if (RecorderGone() || heartbeat.Stopped(MonotonicNs())) return Outcome::kRecorderGone;
      if (RingLost(hot)) return Outcome::kRingLost;
    }
    Sleep();
    const bool patient = sleeps < kPatientSleeps;
    if (RefreshRoom(hot, number) && (!patient || hot.room - number >= hot.lap / 4)) {
      return Outcome::kRoom;
    }
  }
}

}  // namespace

bool HasFastPath(const HotState& hot) {
  return hot.stacks == nullptr && g_channel.tick_stamps && !g_fast_path_forbidden;
}

void ForbidFastPath() { g_fast_path_forbidden = true; }

bool WaitForRoom(HotState& hot, std::uint64_t number) {
  if (hot.control == nullptr) return false;  // lost a moment ago
  if (g_recording.load(std::memory_order_relaxed) != Recording::kOn) {
    hot.limit = 0;
    return false;
  }
  if (RefreshRoom(hot, number)) return true;
  const ErrnoKeeper keep_errno;
  const std::uint64_t start_ns = MonotonicNs();
  hot.control->stalls.fetch_add(1, std::memory_order_relaxed);
  const Outcome outcome = Wait(hot, number, start_ns);
  hot.control->stall_ns.fetch_add(MonotonicNs() - start_ns, std::memory_order_relaxed);
  if (outcome == Outcome::kRoom) return true;
  hot.limit = 0;
  hot.room = 0;
  if (outcome == Outcome::kRecorderGone) {
    StopRecording();
  } else {
    hot.control = nullptr;  // the next event takes another ring
  }
  return false;
}

}  // namespace heimdallr::preload
