// Counts what may slip past the interposer: libraries in a namespace of their own, or with symbols
// bound to themselves first.
#include <dlfcn.h>

#include "preload/export.h"
#include "preload/real_functions.h"
#include "preload/recording.h"

using heimdallr::channel::EventCode;
using heimdallr::preload::g_real;
using heimdallr::preload::Here;
using heimdallr::preload::RecordSlowly;
using heimdallr::preload::ResolveRealFunctions;

// libc looks at its return address to know whose library path and namespace apply, so the last step
// of both must be a jump (the build turns on sibling calls; a test looks at a library path).
extern "C" {

HEIMDALLR_EXPORT void* dlopen(const char* file, int mode) noexcept {
  ResolveRealFunctions();
  if ((mode & RTLD_DEEPBIND) != 0) RecordSlowly(EventCode::kNamespaceBypass, 0, 0, Here(), 0);
  return g_real.dlopen(file, mode);
}

HEIMDALLR_EXPORT void* dlmopen(Lmid_t space, const char* file, int mode) noexcept {
  ResolveRealFunctions();
  RecordSlowly(EventCode::kNamespaceBypass, 0, 0, Here(), 0);
  return g_real.dlmopen(space, file, mode);
}

}  // extern "C"
