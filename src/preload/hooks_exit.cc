// The life of the image: from the loader's call of our constructor to the last report.
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "preload/attachment.h"
#include "preload/channel_access.h"
#include "preload/export.h"
#include "preload/libc_state.h"
#include "preload/process_state.h"
#include "preload/real_functions.h"
#include "preload/recording.h"

using heimdallr::channel::EventCode;
using heimdallr::preload::AttachThread;
using heimdallr::preload::ErrnoKeeper;
using heimdallr::preload::g_process;
using heimdallr::preload::g_real;
using heimdallr::preload::g_recording;
using heimdallr::preload::Recording;
using heimdallr::preload::RecordPair;
using heimdallr::preload::ResolveRealFunctions;
using heimdallr::preload::SharesParentMemory;
using heimdallr::preload::t_hot;

namespace {

std::uint64_t Microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

// Says what the process has cost so far. A child that shares its parent's memory has nothing of its
// own to say.
void ReportExit(int status) {
  if (g_recording.load(std::memory_order_acquire) != Recording::kOn) return;
  const ErrnoKeeper keep_errno;
  if (SharesParentMemory() || g_process->exit_reported.exchange(true)) return;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return;
  const auto faults = static_cast<std::uint64_t>(usage.ru_minflt) << 32 |
                      (static_cast<std::uint64_t>(usage.ru_majflt) & 0xffff'ffff);
  RecordPair({EventCode::kExitReport, Microseconds(usage.ru_utime), Microseconds(usage.ru_stime)},
             {EventCode::kExitReportFaults, static_cast<std::uint64_t>(usage.ru_maxrss), faults},
             static_cast<std::uint64_t>(status & 0xff));
}

void OnExit(int status, void*) { ReportExit(status); }

// Registered first, the handler runs last.
[[gnu::constructor]] void StartImage() {
  ResolveRealFunctions();
  if (t_hot->control == nullptr) AttachThread();
  if (g_recording.load(std::memory_order_relaxed) == Recording::kOn) on_exit(OnExit, nullptr);
}

[[noreturn]] void ExitNow(int status) {
  ReportExit(status);
  for (;;) syscall(SYS_exit_group, status);
}

}  // namespace

extern "C" {

HEIMDALLR_EXPORT void _exit(int status) { ExitNow(status); }

HEIMDALLR_EXPORT void _Exit(int status) noexcept { ExitNow(status); }

HEIMDALLR_EXPORT void quick_exit(int status) noexcept {
  ReportExit(status);
  g_real.quick_exit(status);
  __builtin_unreachable();
}

}  // extern "C"
