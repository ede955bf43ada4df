#include "memkind/memkind_call.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

#include "memkind/thread_cache.h"

// The interposer's, when it is there.
extern "C" {
[[gnu::weak]] void* heimdallr_mute();
[[gnu::weak]] void heimdallr_unmute(void* muted);
}

namespace heimdallr::memory {
namespace {

enum Gate : std::uint32_t { kOpen = 0, kFork = 1, kExit = 2 };
constinit std::atomic<std::uint32_t> g_gate{kOpen};
constinit std::atomic<std::uint32_t> g_callers{0};

constinit thread_local bool t_inside = false;
constinit thread_local bool t_forking = false;

long Futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* timeout) {
  return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, 0);
}

void Leave() {
  // Sequentially consistent, as in Enter: either the one who closes sees that we have left, or we
  // see that it waits.
  if (g_callers.fetch_sub(1) == 1 && g_gate.load() != kOpen) {
    Futex(g_callers, FUTEX_WAKE, ~0U >> 1, nullptr);
  }
}

bool Enter() {
  if (t_forking) return false;
  for (;;) {
    g_callers.fetch_add(1);
    if (g_gate.load() == kOpen) return true;
    Leave();
    if (g_gate.load() == kExit) return false;
    Futex(g_gate, FUTEX_WAIT, kFork, nullptr);
  }
}

void AwaitCallers(const timespec* timeout) {
  for (;;) {
    const std::uint32_t callers = g_callers.load();
    if (callers == 0) return;
    if (Futex(g_callers, FUTEX_WAIT, callers, timeout) != 0 && errno == ETIMEDOUT) return;
  }
}

}  // namespace

MemkindCall::MemkindCall() : saved_errno_(errno) {
  const std::uint64_t all = ~std::uint64_t{0};
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &saved_signals_, sizeof(saved_signals_));
  entered_ = Enter();
  if (!entered_) return;
  if (heimdallr_mute != nullptr) mute_ = heimdallr_mute();
  SuspendThreadCache();
  t_inside = true;
}

MemkindCall::~MemkindCall() {
  if (entered_) {
    t_inside = false;
    ResumeThreadCache();
    if (heimdallr_unmute != nullptr) heimdallr_unmute(mute_);
    Leave();
  }
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &saved_signals_, nullptr, sizeof(saved_signals_));
  errno = saved_errno_;
}

bool InsideMemkind() { return t_inside; }

OutsideMemkind::OutsideMemkind() : was_inside_(t_inside) { t_inside = false; }
OutsideMemkind::~OutsideMemkind() { t_inside = was_inside_; }

void CloseMemkindForFork() {
  const int saved_errno = errno;
  for (;;) {
    std::uint32_t gate = kOpen;
    if (g_gate.compare_exchange_strong(gate, kFork) || gate == kExit) break;
    Futex(g_gate, FUTEX_WAIT, kFork, nullptr);  // another thread forks
  }
  t_forking = true;
  AwaitCallers(nullptr);
  errno = saved_errno;
}

void OpenMemkindInChild() {
  // Of a thread that was being turned away, and is not here.
  g_callers.store(0);
  OpenMemkindInParent();
}

void OpenMemkindInParent() {
  const int saved_errno = errno;
  t_forking = false;
  std::uint32_t gate = kFork;
  g_gate.compare_exchange_strong(gate, kOpen);
  Futex(g_gate, FUTEX_WAKE, ~0U >> 1, nullptr);
  errno = saved_errno;
}

void CloseMemkindForExit() {
  const int saved_errno = errno;
  g_gate.store(kExit);
  const timespec second{.tv_sec = 1, .tv_nsec = 0};
  AwaitCallers(&second);
  errno = saved_errno;
}

bool MemkindIsClosedForExit() { return g_gate.load(std::memory_order_relaxed) == kExit; }

}  // namespace heimdallr::memory
