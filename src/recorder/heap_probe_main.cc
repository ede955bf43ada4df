// heimdallr-heap-probe: run with libheimdallr-memkind.so preloaded, it says by its exit status
// whether that gives memory. Of the project it uses nothing else, so that it starts as any program.
#include <dlfcn.h>

#include <cstdint>
#include <cstdlib>

#include "channel/abi.h"
#include "recorder/heap_probe_status.h"

int main() {
  namespace recorder = heimdallr::recorder;
  using MemoryOf = std::uint64_t (*)(const void*);
  const auto memory_of = reinterpret_cast<MemoryOf>(dlsym(RTLD_DEFAULT, "heimdallr_memory_of"));
  if (memory_of == nullptr) return recorder::kHeapLibraryMissing;
  // Volatile: the compiler may leave out blocks that nobody uses.
  void* volatile const block = std::malloc(64);
  const bool serves =
      block != nullptr &&
      memory_of(block) == static_cast<std::uint64_t>(heimdallr::channel::MemoryCode::kAsked);
  std::free(block);
  return serves ? recorder::kHeapServes : recorder::kHeapHasNoBlock;
}
