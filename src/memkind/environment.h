// The little of the world that this library reads and writes by itself.
#pragma once

#include <initializer_list>

namespace heimdallr::memory {

/// As secure_getenv, but not by libc: programs bring a getenv of their own (bash does), which may
/// allocate. nullptr where there is none.
[[nodiscard]] const char* EnvironmentValue(const char* name);

/// One line on stderr, from here: "heimdallr: ...".
void Complain(std::initializer_list<const char*> parts);

}  // namespace heimdallr::memory
