// The end of a thread, as memkind sees it. memkind's jemalloc gives up a thread's state when its
// destructor of thread-specific data runs, in the first of several rounds; whatever the thread
// allocates after that comes from another heap. So its destructors are put off to the last round.
#pragma once

#include <pthread.h>

namespace heimdallr::memory {

using KeyDestructor = void (*)(void*);

/// The function belongs to memkind.
[[nodiscard]] bool IsMemkinds(KeyDestructor destructor);

/// pthread_key_create for memkind. EAGAIN when there are more keys than it ever makes.
[[nodiscard]] int CreateLateKey(pthread_key_t* key, KeyDestructor destructor);

/// memkind has no state of this thread any more: it must not be asked for memory. (Taking back a
/// block needs no such state.)
[[nodiscard]] bool MemkindHasLeftThread();

}  // namespace heimdallr::memory
