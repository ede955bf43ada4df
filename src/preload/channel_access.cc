#include "preload/channel_access.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mman.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "channel/time_stamp.h"
#include "preload/attachment.h"
#include "preload/machine.h"
#include "preload/process_state.h"

namespace heimdallr::preload {

using channel::ChannelHeader;
using channel::EventRecord;
using channel::kControlOffset;
using channel::kMaxRings;
using channel::RingControl;

constinit ChannelAccess g_channel;
constinit std::atomic<Recording> g_recording{Recording::kUndecided};

namespace {

constexpr std::uint64_t kControlBytes = kControlOffset + kMaxRings * sizeof(RingControl);

constinit std::atomic<EventRecord*> g_rings[kMaxRings];

// The channel's path as it was when the channel was opened: the program may change its environment
// at any time, and reading that is not safe beside a change.
constinit char g_path[PATH_MAX] = {};

// Process that decides about the channel.
constinit std::atomic<std::int32_t> g_opener{0};

// System calls by number: libc's mmap is hooked by ourselves, its open and close are cancellation
// points.
void* Map(int fd, std::uint64_t bytes, std::uint64_t offset) {
  const long address =
      syscall(SYS_mmap, nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
  return address == -1 ? nullptr : reinterpret_cast<void*>(address);
}

bool KeepPath() {
  const char* const path = getenv(channel::kEnvironmentVariable);
  if (path == nullptr || *path == '\0') return false;
  const std::size_t length = strnlen(path, sizeof(g_path));
  if (length == sizeof(g_path)) return false;
  memcpy(g_path, path, length + 1);
  return true;
}

int OpenPath() {
  return static_cast<int>(
      syscall(SYS_openat, AT_FDCWD, g_path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
}

bool KnownClock(channel::ChannelClock clock) {
  return clock == channel::ChannelClock::kMonotonic ||
         (clock == channel::ChannelClock::kTimeStampCounter && channel::kHasTimeStampCounter);
}

// Checks the copies, which nobody else can change.
bool Valid(const ChannelAccess& access, std::uint64_t file_bytes) {
  const ChannelHeader& header = *access.header;
  if (header.magic != channel::kMagic || header.abi_version != channel::kAbiVersion) return false;
  if (!KnownClock(access.clock)) return false;
  if (header.state.load(std::memory_order_relaxed) !=
      static_cast<std::uint32_t>(channel::ChannelState::kOpen)) {
    return false;
  }
  const std::uint64_t records = access.ring_records;
  const std::uint64_t in_page = PageBytes() - 1;
  if (records < channel::kMinRingRecords || records > channel::kMaxRingRecords ||
      (records & (records - 1)) != 0 || access.stack_depth > channel::kMaxStackDepth) {
    return false;
  }
  if (access.rings_offset < kControlBytes || (access.rings_offset & in_page) != 0 ||
      access.rings_offset >= file_bytes || (access.ring_stride & in_page) != 0 ||
      access.ring_stride < records * sizeof(EventRecord)) {
    return false;
  }
  return access.ring_stride <= (file_bytes - access.rings_offset) / kMaxRings;
}

// The sanitizers' allocators must see every call first.
bool UnderSanitizer() {
  return dlsym(RTLD_DEFAULT, "__asan_init") != nullptr ||
         dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr ||
         dlsym(RTLD_DEFAULT, "__msan_init") != nullptr;
}

bool Attach(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (file_bytes < kControlBytes) return false;
  void* const memory = Map(fd, kControlBytes, 0);
  if (memory == nullptr) return false;
  auto* const header = static_cast<ChannelHeader*>(memory);
  g_channel.ring_records = header->ring_records;
  g_channel.rings_offset = header->rings_offset;
  g_channel.ring_stride = header->ring_stride;
  g_channel.stack_depth = header->stack_depth;
  g_channel.clock = header->clock;
  g_channel.header = header;
  if (!Valid(g_channel, file_bytes) || !MakeProcessState()) {
    syscall(SYS_munmap, memory, kControlBytes);
    return false;
  }
  g_channel.controls = reinterpret_cast<RingControl*>(static_cast<char*>(memory) + kControlOffset);
  g_channel.tick_stamps = g_channel.clock == channel::ChannelClock::kTimeStampCounter;
  // In a pid namespace of its own the process cannot see the recorder.
  g_channel.recorder_visible = kill(header->recorder_pid, 0) == 0 || errno == EPERM;
  return true;
}

// Without a descriptor, so that other threads never see one taken: a length of 0 makes mremap(2)
// map the same pages again, from the start of the file.
EventRecord* MapAgain(std::uint64_t offset, std::uint64_t bytes) {
  const long whole =
      syscall(SYS_mremap, g_channel.header, 0UL, offset + bytes, MREMAP_MAYMOVE, nullptr);
  if (whole == -1) return nullptr;
  syscall(SYS_munmap, whole, offset);
  return reinterpret_cast<EventRecord*>(static_cast<std::uint64_t>(whole) + offset);
}

EventRecord* MapByPath(std::uint64_t offset, std::uint64_t bytes) {
  const int fd = OpenPath();
  if (fd < 0) return nullptr;
  void* const memory = Map(fd, bytes, offset);
  syscall(SYS_close, fd);
  return static_cast<EventRecord*>(memory);
}

// False when another thread has decided meanwhile.
bool BecomeOpener() {
  const std::int32_t self = getpid();
  while (g_recording.load(std::memory_order_acquire) == Recording::kUndecided) {
    std::int32_t opener = 0;
    if (g_opener.compare_exchange_strong(opener, self, std::memory_order_acquire)) return true;
    // Forked in the midst of it: the thread that was at it is not in this process.
    if (opener != self &&
        g_opener.compare_exchange_strong(opener, self, std::memory_order_acquire)) {
      return true;
    }
    sched_yield();
  }
  return false;
}

}  // namespace

Recording OpenChannel() {
  Recording now = g_recording.load(std::memory_order_acquire);
  if (now == Recording::kOn || now == Recording::kOff) return now;
  if (environ == nullptr) return Recording::kUndecided;  // libc is not ready
  if (!BecomeOpener()) return g_recording.load(std::memory_order_acquire);
  now = Recording::kOff;
  if (const int fd = KeepPath() ? OpenPath() : -1; fd >= 0) {
    if (!UnderSanitizer() && Attach(fd)) now = Recording::kOn;
    syscall(SYS_close, fd);
  }
  if (now == Recording::kOn) WatchThreadEnds();
  g_recording.store(now, std::memory_order_release);
  return now;
}

void StopRecording() { g_recording.store(Recording::kOff, std::memory_order_relaxed); }

bool RecorderGone() {
  const ChannelHeader& header = *g_channel.header;
  if (header.state.load(std::memory_order_relaxed) !=
      static_cast<std::uint32_t>(channel::ChannelState::kOpen)) {
    return true;
  }
  return g_channel.recorder_visible && kill(header.recorder_pid, 0) != 0 && errno == ESRCH;
}

EventRecord* MapRing(std::uint32_t index, RingPages pages) {
  EventRecord* ring = g_rings[index].load(std::memory_order_relaxed);
  if (ring != nullptr) return ring;
  const std::uint64_t bytes = g_channel.ring_records * sizeof(EventRecord);
  const std::uint64_t offset = g_channel.rings_offset + index * g_channel.ring_stride;
  ring = MapAgain(offset, bytes);
  // A limit of the address space may forbid to map what lies before the ring, for a moment.
  if (ring == nullptr) ring = MapByPath(offset, bytes);
  if (ring == nullptr) return nullptr;
  if (pages == RingPages::kAllNow) madvise(ring, bytes, MADV_POPULATE_WRITE);
  g_rings[index].store(ring, std::memory_order_relaxed);
  return ring;
}

}  // namespace heimdallr::preload
