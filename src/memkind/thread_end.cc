#include "memkind/thread_end.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <atomic>
#include <utility>

#include "memkind/memkind_call.h"
#include "memkind/real_allocator.h"

namespace heimdallr::memory {
namespace {

// jemalloc has one, memkind's caches of static kinds one; other versions a few more.
constexpr int kKeys = 8;

struct LateKey {
  pthread_key_t key;
  KeyDestructor destructor;
};
constinit LateKey g_keys[kKeys]{};
constinit std::atomic<int> g_key_count{0};
constinit thread_local int t_rounds[kKeys]{};
constinit thread_local bool t_left = false;

// A destructor is told its value, but not its key: each key has a function of its own.
template <int kIndex>
void AtThreadEnd(void* value) {
  const LateKey& late = g_keys[kIndex];
  if (++t_rounds[kIndex] < PTHREAD_DESTRUCTOR_ITERATIONS &&
      pthread_setspecific(late.key, value) == 0) {
    return;
  }
  t_left = true;
  if (const MemkindCall call; call) late.destructor(value);
}

template <int... kIndex>
constexpr KeyDestructor FunctionOf(int index, std::integer_sequence<int, kIndex...>) {
  constexpr KeyDestructor kFunctions[] = {AtThreadEnd<kIndex>...};
  return kFunctions[index];
}

}  // namespace

bool IsMemkinds(KeyDestructor destructor) {
  Dl_info info{};
  return destructor != nullptr && dladdr(reinterpret_cast<void*>(destructor), &info) != 0 &&
         info.dli_fname != nullptr && strstr(info.dli_fname, "libmemkind.so") != nullptr;
}

int CreateLateKey(pthread_key_t* key, KeyDestructor destructor) {
  const int index = g_key_count.fetch_add(1);
  if (index >= kKeys) return EAGAIN;
  g_keys[index].destructor = destructor;
  const auto function = FunctionOf(index, std::make_integer_sequence<int, kKeys>{});
  const int error = Real().pthread_key_create(key, function);
  if (error == 0) g_keys[index].key = *key;
  return error;
}

bool MemkindHasLeftThread() { return t_left; }

}  // namespace heimdallr::memory
