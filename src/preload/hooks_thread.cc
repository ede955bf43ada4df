// Threads report in when they start, also those that never allocate: the recorder needs to know
// where their stacks and thread-local variables are.
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "preload/attachment.h"
#include "preload/channel_access.h"
#include "preload/export.h"
#include "preload/real_functions.h"

using heimdallr::preload::AttachThread;
using heimdallr::preload::g_real;
using heimdallr::preload::g_recording;
using heimdallr::preload::Recording;

namespace {

using Routine = void* (*)(void*);

// What a thread is to run, until it runs. Not from the heap: this is no allocation of the program.
struct Start {
  std::atomic<std::int32_t> process;  // that has taken it; one of a parent is free in its child
  Routine routine;
  void* argument;
};

// Threads that have been asked for and do not run yet are few; a thread that finds no room reports
// in when it first allocates.
constexpr std::size_t kStarts = 64;
constinit std::array<Start, kStarts> g_starts{};

Start* TakeStart() {
  const std::int32_t pid = getpid();
  for (Start& start : g_starts) {
    std::int32_t taken_by = start.process.load(std::memory_order_relaxed);
    // Acquire: the thread that had it has read it.
    if (taken_by != pid &&
        start.process.compare_exchange_strong(taken_by, pid, std::memory_order_acquire)) {
      return &start;
    }
  }
  return nullptr;
}

void GiveStart(Start& start) { start.process.store(0, std::memory_order_release); }

void* ReportAndRun(void* given) {
  Start& start = *static_cast<Start*>(given);
  const Routine routine = start.routine;
  void* const argument = start.argument;
  GiveStart(start);
  AttachThread();
  return routine(argument);  // a jump, as this is always optimised: nothing of ours stays behind
}

}  // namespace

extern "C" {

HEIMDALLR_EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                    Routine routine, void* argument) noexcept {
  const bool recording = g_recording.load(std::memory_order_relaxed) != Recording::kOff;
  Start* const start = recording ? TakeStart() : nullptr;
  if (start == nullptr) return g_real.pthread_create(thread, attributes, routine, argument);
  start->routine = routine;
  start->argument = argument;
  const int error = g_real.pthread_create(thread, attributes, ReportAndRun, start);
  if (error != 0) GiveStart(*start);
  return error;
}

}  // extern "C"
