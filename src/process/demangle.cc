#include "process/demangle.h"

#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace heimdallr::process {

std::string Demangle(const std::string& raw) {
  constexpr std::size_t kMaxBytes = 64U << 10;
  // __cxa_demangle also takes the names of types alone, and "i" is no int here.
  if (!raw.starts_with("_Z") || raw.size() > kMaxBytes) return raw;
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(raw.c_str(), nullptr, nullptr, &status), &std::free);
  return name != nullptr && status == 0 ? std::string(name.get()) : raw;
}

std::string_view WithoutVersion(std::string_view name) {
  const std::size_t at = name.find('@');
  return at == 0 ? name : name.substr(0, at);
}

}  // namespace heimdallr::process
