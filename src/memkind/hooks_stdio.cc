// Streams of libc stay out of a file-backed heap. A forked child of a program with threads resets
// the locks of all streams before any handler of fork runs, and so before the heap is its own: it
// would take locks away from its parent's threads.
#include <dlfcn.h>
#include <stdio.h>

#include <atomic>

#include "memkind/export.h"
#include "memkind/heap.h"

namespace {

// The next definition, looked up once.
template <typename Function>
class Next {
 public:
  explicit constexpr Next(const char* name) : name_(name) {}

  template <typename... Arguments>
  auto* Call(Arguments... arguments) {
    Function* function = found_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
      found_.store(function, std::memory_order_relaxed);
    }
    const heimdallr::memory::LibcsOwn libcs_own;
    return function(arguments...);
  }

 private:
  const char* name_;
  std::atomic<Function*> found_{nullptr};
};

constinit Next<decltype(fopen)> g_fopen{"fopen"};
constinit Next<decltype(fopen64)> g_fopen64{"fopen64"};
constinit Next<decltype(fdopen)> g_fdopen{"fdopen"};
constinit Next<decltype(popen)> g_popen{"popen"};
constinit Next<decltype(tmpfile)> g_tmpfile{"tmpfile"};
constinit Next<decltype(tmpfile64)> g_tmpfile64{"tmpfile64"};
constinit Next<decltype(fmemopen)> g_fmemopen{"fmemopen"};
constinit Next<decltype(open_memstream)> g_open_memstream{"open_memstream"};
constinit Next<decltype(fopencookie)> g_fopencookie{"fopencookie"};

}  // namespace

extern "C" {

HEIMDALLR_EXPORT FILE* fopen(const char* path, const char* mode) {
  return g_fopen.Call(path, mode);
}
HEIMDALLR_EXPORT FILE* fopen64(const char* path, const char* mode) {
  return g_fopen64.Call(path, mode);
}
HEIMDALLR_EXPORT FILE* fdopen(int fd, const char* mode) noexcept { return g_fdopen.Call(fd, mode); }
HEIMDALLR_EXPORT FILE* popen(const char* command, const char* mode) {
  return g_popen.Call(command, mode);
}
HEIMDALLR_EXPORT FILE* tmpfile() { return g_tmpfile.Call(); }
HEIMDALLR_EXPORT FILE* tmpfile64() { return g_tmpfile64.Call(); }
HEIMDALLR_EXPORT FILE* fmemopen(void* buffer, size_t size, const char* mode) noexcept {
  return g_fmemopen.Call(buffer, size, mode);
}
HEIMDALLR_EXPORT FILE* open_memstream(char** buffer, size_t* size) noexcept {
  return g_open_memstream.Call(buffer, size);
}
HEIMDALLR_EXPORT FILE* fopencookie(void* cookie, const char* mode,
                                   cookie_io_functions_t functions) noexcept {
  return g_fopencookie.Call(cookie, mode, functions);
}

}  // extern "C"
