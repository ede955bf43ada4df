// System calls without libc in between: they do not come by our own hooks or anyone else's, are no
// cancellation points, and may be made in the child of a fork.
#pragma once

#include <errno.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heimdallr::memory {

/// MAP_FAILED and errno, as mmap(2).
inline void* MapRaw(void* hint, std::size_t size, int protection, int flags, int fd,
                    std::int64_t offset) {
  return reinterpret_cast<void*>(syscall(SYS_mmap, hint, size, protection, flags, fd, offset));
}

inline int UnmapRaw(void* start, std::size_t size) {
  return static_cast<int>(syscall(SYS_munmap, start, size));
}

/// Zeroed private memory; nullptr when there is none.
inline void* MapAnonymous(std::size_t size) {
  void* const memory = MapRaw(nullptr, size, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

inline void Unmap(void* start, std::size_t size) { UnmapRaw(start, size); }

/// Puts errno back at the end of the scope.
class ErrnoKeeper {
 public:
  ErrnoKeeper() : saved_(errno) {}
  ~ErrnoKeeper() { errno = saved_; }
  ErrnoKeeper(const ErrnoKeeper&) = delete;
  ErrnoKeeper& operator=(const ErrnoKeeper&) = delete;

 private:
  int saved_;
};

/// For a few instructions at a time, and never across a fork.
class SpinLock {
 public:
  void Lock() {
    while (held_.exchange(true, std::memory_order_acquire)) sched_yield();
  }
  void Unlock() { held_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> held_{false};
};

class Locked {
 public:
  explicit Locked(SpinLock& lock) : lock_(lock) { lock_.Lock(); }
  ~Locked() { lock_.Unlock(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace heimdallr::memory
