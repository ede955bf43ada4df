#include "preload/failed_allocation.h"

namespace heimdallr::preload {
namespace {

constinit thread_local FailedNew t_failed_new{};

// The loop in libstdc++ asks from one place; its aligned form rounds the size up.
constexpr std::uint64_t kLoopBytes = 256;

bool SameLoop(std::uint64_t one, std::uint64_t other) {
  return one - other + kLoopBytes < 2 * kLoopBytes;
}

// Called from within the operator new that failed, for the same memory.
bool Within(const FailedNew& failed, const Event& event, const CallSite& site) {
  return Address(site.frame) < failed.frame && event.size - failed.size <= failed.slack;
}

bool Repeats(const Event& event, const CallSite& site) {
  FailedNew& failed = t_failed_new;
  if (failed.frame == 0) return false;
  if (Address(site.frame) >= failed.frame) {
    failed = {};  // left by an exception
    return false;
  }
  if (!Within(failed, event, site)) return false;
  if (failed.loop == 0) failed.loop = site.caller;
  return SameLoop(site.caller, failed.loop);
}

}  // namespace

void RecordFailedAllocation(const Event& event, const CallSite& site) {
  if (!Repeats(event, site)) RecordSlowly(event.code, event.address, event.size, site, 0);
}

FailedNew RecordFailedNew(const Event& event, const CallSite& site, std::uint64_t alignment) {
  const FailedNew outer = t_failed_new;
  // The outermost form stays the one that counts.
  if (outer.frame != 0 && outer.loop == 0 && Within(outer, event, site)) return outer;
  RecordSlowly(event.code, event.address, event.size, site, 0);
  t_failed_new = {Address(site.frame), event.size, alignment, 0};
  return outer;
}

void EndFailedNew(const FailedNew& outer) { t_failed_new = outer; }

}  // namespace heimdallr::preload
