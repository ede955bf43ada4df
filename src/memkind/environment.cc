#include "memkind/environment.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/uio.h>
#include <unistd.h>

namespace heimdallr::memory {

const char* EnvironmentValue(const char* name) {
  if (getauxval(AT_SECURE) != 0 || environ == nullptr) return nullptr;
  const size_t length = strlen(name);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  }
  return nullptr;
}

void Complain(std::initializer_list<const char*> parts) {
  constexpr size_t kMost = 16;
  iovec pieces[kMost];
  size_t count = 0;
  const auto add = [&](const char* text) {
    if (count < kMost) pieces[count++] = {const_cast<char*>(text), strlen(text)};
  };
  add("heimdallr: ");
  for (const char* part : parts) add(part);
  add("\n");
  [[maybe_unused]] const ssize_t written = writev(STDERR_FILENO, pieces, static_cast<int>(count));
}

}  // namespace heimdallr::memory
