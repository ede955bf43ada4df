#include "preload/real_operators.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atomic>

#include "preload/room.h"

namespace heimdallr::preload {

constinit bool g_foreign_operators = false;

namespace {

// In the order of the enumeration.
constexpr const char* kNames[] = {
    "_Znwm",
    "_Znam",
    "_ZnwmRKSt9nothrow_t",
    "_ZnamRKSt9nothrow_t",
    "_ZnwmSt11align_val_t",
    "_ZnamSt11align_val_t",
    "_ZnwmSt11align_val_tRKSt9nothrow_t",
    "_ZnamSt11align_val_tRKSt9nothrow_t",
    "_ZdlPv",
    "_ZdaPv",
    "_ZdlPvm",
    "_ZdaPvm",
    "_ZdlPvRKSt9nothrow_t",
    "_ZdaPvRKSt9nothrow_t",
    "_ZdlPvSt11align_val_t",
    "_ZdaPvSt11align_val_t",
    "_ZdlPvmSt11align_val_t",
    "_ZdaPvmSt11align_val_t",
    "_ZdlPvSt11align_val_tRKSt9nothrow_t",
    "_ZdaPvSt11align_val_tRKSt9nothrow_t",
};
constexpr std::size_t kCount = sizeof(kNames) / sizeof(kNames[0]);
static_assert(kCount == static_cast<std::size_t>(Operator::kDeleteArrayAlignedNothrow) + 1);

constinit std::atomic<void*> g_found[kCount];

bool InRuntimeLibrary(void* function) {
  Dl_info info{};
  if (dladdr(function, &info) == 0 || info.dli_fname == nullptr) return false;
  return strstr(info.dli_fname, "libstdc++.so") != nullptr ||
         strstr(info.dli_fname, "libc++.so") != nullptr ||
         strstr(info.dli_fname, "libc++abi.so") != nullptr;
}

// In a library that is loaded, but maybe not in the scope of RTLD_NEXT (dlopen, RTLD_LOCAL).
void* FindIn(const char* library, const char* name) {
  void* const handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
  if (handle == nullptr) return nullptr;
  void* const found = dlsym(handle, name);
  dlclose(handle);
  return found;
}

void* Find(const char* name, std::uint64_t caller) {
  void* found = dlsym(RTLD_NEXT, name);
  if (found == nullptr) found = FindIn("libstdc++.so.6", name);
  if (found == nullptr) found = FindIn("libc++.so.1", name);
  Dl_info info{};
  if (found == nullptr && dladdr(reinterpret_cast<void*>(caller), &info) != 0) {
    found = FindIn(info.dli_fname, name);
  }
  return found;
}

}  // namespace

void ResolveRealOperators() {
  void* const next = dlsym(RTLD_NEXT, kNames[0]);
  g_foreign_operators = next != nullptr && !InRuntimeLibrary(next);
  if (g_foreign_operators) ForbidFastPath();
}

void* NextOperator(Operator which, std::uint64_t caller) {
  const auto index = static_cast<std::size_t>(which);
  void* found = g_found[index].load(std::memory_order_relaxed);
  if (found != nullptr) return found;
  found = Find(kNames[index], caller);
  if (found == nullptr) {
    constexpr char kMessage[] =
        "heimdallr: out of memory, and no C++ runtime library to report it\n";
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
    abort();
  }
  g_found[index].store(found, std::memory_order_relaxed);
  return found;
}

}  // namespace heimdallr::preload
