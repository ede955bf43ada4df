#include "preload/memory_tag.h"

#include <dlfcn.h>

namespace heimdallr::preload {

constinit MemoryOf g_memory_of = nullptr;

void ResolveMemoryTag() {
  g_memory_of = reinterpret_cast<MemoryOf>(dlsym(RTLD_NEXT, "heimdallr_memory_of"));
}

}  // namespace heimdallr::preload
