// Start, end and forks of the process.
#include <errno.h>
#include <pthread.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "memkind/environment.h"
#include "memkind/export.h"
#include "memkind/heap.h"
#include "memkind/memkind_call.h"
#include "memkind/real_allocator.h"
#include "memkind/snapshot.h"
#include "memkind/thread_cache.h"
#include "memkind/thread_end.h"

namespace memory = heimdallr::memory;
using memory::Complain;
using memory::HeapIsFileBacked;
using memory::HeapSettings;
using memory::Real;

namespace {

constexpr int kCannotGoOn = 127;   // exit status
constinit bool g_started = false;  // our constructor has run
constinit thread_local bool t_no_snapshot = false;
constinit thread_local bool t_in_our_fork = false;

// Two pairs of handlers around those of memkind's jemalloc, which take all its locks: the outer one
// is registered after it and so comes first in the parent; the inner one comes last there, when
// nothing changes any more, and first in the child, when nothing has run yet.

void BeforeForkOuter() { memory::CloseMemkindForFork(); }
void InParentOuter() { memory::OpenMemkindInParent(); }
void InChildOuter() {
  memory::OpenMemkindInChild();
  memory::AdoptThreadCaches();
}

void BeforeForkInner() {
  t_no_snapshot = HeapIsFileBacked() && !memory::TakeSnapshot(HeapSettings().folder);
}
void InParentInner() {
  if (HeapIsFileBacked()) memory::DropSnapshot();
}
void InChildInner() {
  if (!HeapIsFileBacked()) return;
  if (!t_no_snapshot && memory::UseSnapshot()) return;
  if (!t_in_our_fork) Complain({"no room to copy the heap for a forked process: it ends here"});
  _exit(kCannotGoOn);
}

void RegisterInner() {
  static constinit std::atomic<bool> done{false};
  if (!done.exchange(true)) {
    Real().register_atfork(BeforeForkInner, InParentInner, InChildInner, nullptr);
  }
}

[[gnu::constructor]] void Start() {
  RegisterInner();
  // memkind's constructor has run: this library needs it.
  Real().register_atfork(BeforeForkOuter, InParentOuter, InChildOuter, nullptr);
  memory::StartHeap();
  g_started = true;
}

// Before memkind's destructor, for the same reason.
[[gnu::destructor]] void Stop() { memory::StopHeap(); }

bool Refused() {
  if (!HeapIsFileBacked() || HeapSettings().fork != memory::Settings::Fork::kRefuse) return false;
  static constinit std::atomic<bool> told{false};
  if (!told.exchange(true)) {
    Complain({"fork refused: the heap is in a file (--memory-fork=refuse)"});
  }
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

/// pthread_atfork of everyone. The first to call it is memkind, or comes before it.
HEIMDALLR_EXPORT int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                       void* library) {
  RegisterInner();
  return Real().register_atfork(prepare, parent, child, library);
}

HEIMDALLR_EXPORT int pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) noexcept {
  // memkind makes its keys when it is loaded, before our constructor, and when we call it.
  if ((memory::InsideMemkind() || !g_started) && memory::IsMemkinds(destructor)) {
    return memory::CreateLateKey(key, destructor);
  }
  return Real().pthread_key_create(key, destructor);
}

HEIMDALLR_EXPORT pid_t fork() noexcept {
  if (Refused()) return -1;
  t_in_our_fork = true;
  const pid_t child = Real().fork();
  t_in_our_fork = false;
  if (child > 0 && t_no_snapshot) {
    // It has ended at once.
    while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
    }
    errno = ENOMEM;
    return -1;
  }
  return child;
}

}  // extern "C"
