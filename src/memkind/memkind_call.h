// The way into memkind. Calls into it are rare (the thread's cache is in front) and everything here
// is about what must not happen meanwhile.
#pragma once

#include <cstdint>

namespace heimdallr::memory {

/// For the time of a call into memkind:
/// - what memkind and the libraries below it allocate and map is told from the program's: this
///   thread is "inside", its malloc is the real one, its mappings become memkind's;
/// - the interposer records nothing of this thread;
/// - signal handlers of this thread wait, as they would be inside too;
/// - no thread forks, so that a child never finds memkind's locks taken.
///
/// False when memkind must not be called: this thread is forking, or the process is ending and
/// memkind has taken itself down. errno is kept. Scopes do not nest.
class MemkindCall {
 public:
  MemkindCall();
  ~MemkindCall();
  MemkindCall(const MemkindCall&) = delete;
  MemkindCall& operator=(const MemkindCall&) = delete;

  explicit operator bool() const { return entered_; }

 private:
  std::uint64_t saved_signals_ = 0;
  void* mute_ = nullptr;
  int saved_errno_;
  bool entered_ = false;
};

/// The calling thread is within a MemkindCall, and not in the real allocator on its behalf.
[[nodiscard]] bool InsideMemkind();

/// For the time of a call to the real allocator that memkind made: what it maps is its own.
class OutsideMemkind {
 public:
  OutsideMemkind();
  ~OutsideMemkind();
  OutsideMemkind(const OutsideMemkind&) = delete;
  OutsideMemkind& operator=(const OutsideMemkind&) = delete;

 private:
  bool was_inside_;
};

/// Waits until no thread is in a MemkindCall and lets none in until one of the two below. Those of
/// this thread are refused meanwhile.
void CloseMemkindForFork();
void OpenMemkindInParent();
void OpenMemkindInChild();

/// The same, for ever, and for all threads. Waits at most a second for the last one to come out.
void CloseMemkindForExit();
[[nodiscard]] bool MemkindIsClosedForExit();

}  // namespace heimdallr::memory
