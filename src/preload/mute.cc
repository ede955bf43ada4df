// For libheimdallr-memkind.so: while it is inside memkind, what memkind allocates and maps there is
// no event of the program.
#include "preload/export.h"
#include "preload/hot_state.h"

using heimdallr::preload::g_muted;
using heimdallr::preload::HotState;
using heimdallr::preload::t_hot;

extern "C" {

/// The calling thread records nothing until heimdallr_unmute is given the result. Signals must be
/// blocked meanwhile: a handler would be mute too. Nests.
HEIMDALLR_EXPORT void* heimdallr_mute() {
  HotState* const before = t_hot;
  t_hot = &g_muted;
  return before;
}

HEIMDALLR_EXPORT void heimdallr_unmute(void* before) { t_hot = static_cast<HotState*>(before); }

}  // extern "C"
