#include "preload/failed_allocation.h"

namespace heimdallr::preload {
namespace {
constinit thread_local bool t_repeat_expected = false;
}

void RecordFailedAllocation(const Event& event, const CallSite& site) {
  if (t_repeat_expected) {
    t_repeat_expected = false;
  } else {
    RecordSlowly(event.code, event.address, event.size, site, 0);
  }
}

void RecordFailedNew(const Event& event, const CallSite& site) {
  if (!t_repeat_expected) RecordSlowly(event.code, event.address, event.size, site, 0);
  t_repeat_expected = true;
}

void ForgetFailedNew() { t_repeat_expected = false; }

}  // namespace heimdallr::preload
