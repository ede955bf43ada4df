// Counts what may slip past the interposer: libraries in a namespace of their own, or with symbols
// bound to themselves first.
#include <dlfcn.h>

#include <cstdint>

#include "preload/export.h"
#include "preload/real_functions.h"
#include "preload/recording.h"

namespace {

using heimdallr::channel::EventCode;
using heimdallr::preload::CallSite;
using heimdallr::preload::g_real;
using heimdallr::preload::Here;
using heimdallr::preload::RecordSlowly;
using heimdallr::preload::ResolveRealFunctions;

void BeforeDlopen(int mode, CallSite site) {
  ResolveRealFunctions();
  if ((mode & RTLD_DEEPBIND) != 0) RecordSlowly(EventCode::kNamespaceBypass, 0, 0, site, 0);
}

void BeforeDlmopen(CallSite site) {
  ResolveRealFunctions();
  RecordSlowly(EventCode::kNamespaceBypass, 0, 0, site, 0);
}

}  // namespace

// libc looks at its return address to know whose library path and namespace apply, so the last step
// of both must be a jump (the build turns on sibling calls; a test looks at a library path).
extern "C" {

#if defined(__powerpc64__)

// On POWER the compiler makes calls through pointers no jumps, as the callee may change r2. Here it
// may: whoever calls us through the linkage table has kept r2 24 bytes above r1, and takes it back
// (ELFv2 ABI, 2.2.1). So: keep the arguments, ask for the real function, give back the frame, jump.
#define HEIMDALLR_JUMP_AFTER(name, before)                                      \
  asm(".text\n.p2align 4\n.globl " #name "\n.type " #name ", @function\n" #name \
      ":\n"                                                                     \
      ".cfi_startproc\n"                                                        \
      "0: addis 2, 12, .TOC.-0b@ha\n addi 2, 2, .TOC.-0b@l\n"                   \
      ".localentry " #name ", .-" #name                                         \
      "\n"                                                                      \
      "mflr 0\n std 0, 16(1)\n stdu 1, -144(1)\n"                               \
      ".cfi_def_cfa_offset 144\n .cfi_offset 65, 16\n"                          \
      "std 3, 96(1)\n std 4, 104(1)\n std 5, 112(1)\n"                          \
      "mr 6, 0\n mr 7, 1\n bl " #before                                         \
      "\n nop\n mr 12, 3\n"                                                     \
      "ld 3, 96(1)\n ld 4, 104(1)\n ld 5, 112(1)\n"                             \
      "addi 1, 1, 144\n .cfi_def_cfa_offset 0\n"                                \
      "ld 0, 16(1)\n mtlr 0\n mtctr 12\n bctr\n"                                \
      ".cfi_endproc\n.size " #name ", .-" #name "\n")

[[gnu::used]] auto HeimdallrBeforeDlopen(const char* /*file*/, int mode, void* /*none*/,
                                         std::uint64_t caller, const void* frame) {
  BeforeDlopen(mode, {caller, frame});
  return g_real.dlopen;
}
HEIMDALLR_JUMP_AFTER(dlopen, HeimdallrBeforeDlopen);

[[gnu::used]] auto HeimdallrBeforeDlmopen(Lmid_t /*space*/, const char* /*file*/, int /*mode*/,
                                          std::uint64_t caller, const void* frame) {
  BeforeDlmopen({caller, frame});
  return g_real.dlmopen;
}
HEIMDALLR_JUMP_AFTER(dlmopen, HeimdallrBeforeDlmopen);

#else

HEIMDALLR_EXPORT void* dlopen(const char* file, int mode) noexcept {
  BeforeDlopen(mode, Here());
  return g_real.dlopen(file, mode);
}

HEIMDALLR_EXPORT void* dlmopen(Lmid_t space, const char* file, int mode) noexcept {
  BeforeDlmopen(Here());
  return g_real.dlmopen(space, file, mode);
}

#endif

}  // extern "C"
