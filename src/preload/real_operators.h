// The C++ allocation functions the program would call if this library were not there.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heimdallr::preload {

enum class Operator : std::uint8_t {
  kNew,
  kNewArray,
  kNewNothrow,
  kNewArrayNothrow,
  kNewAligned,
  kNewArrayAligned,
  kNewAlignedNothrow,
  kNewArrayAlignedNothrow,
  kDelete,
  kDeleteArray,
  kDeleteSized,
  kDeleteArraySized,
  kDeleteNothrow,
  kDeleteArrayNothrow,
  kDeleteAligned,
  kDeleteArrayAligned,
  kDeleteAlignedSized,
  kDeleteArrayAlignedSized,
  kDeleteAlignedNothrow,
  kDeleteArrayAlignedNothrow,
};

/// An allocator of the program (not the C++ runtime library) defines operator new: memory must come
/// from it and go back to it. Otherwise the operators are malloc and free, as in libstdc++ and
/// libc++. Known once the real functions are resolved.
extern bool g_foreign_operators;

/// Sets g_foreign_operators. Part of ResolveRealFunctions.
void ResolveRealOperators();

/// Next definition of the operator, for a call from `caller`: that of the program's allocator or of
/// the C++ runtime library, even when the latter came by dlopen. Ends the process when there is
/// none, for a failed operator new cannot return.
[[nodiscard]] void* NextOperator(Operator which, std::uint64_t caller);

}  // namespace heimdallr::preload
