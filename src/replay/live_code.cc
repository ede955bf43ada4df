#include "replay/live_code.h"

#include <sys/uio.h>

#include <algorithm>

namespace heimdallr::replay {

std::size_t ReadLiveCode(pid_t pid, std::uint64_t address, std::span<std::byte> into) {
  // process_vm_readv(2) transfers whole iovec elements only, so a read over the end of a page is
  // two of them: the first arrives even when the second page is not mapped.
  constexpr std::uint64_t kPageBytes = 4096;
  const auto first =
      std::min(into.size(), static_cast<std::size_t>(kPageBytes - address % kPageBytes));
  const iovec local{into.data(), into.size()};
  const iovec remote[2] = {{reinterpret_cast<void*>(address), first},
                           {reinterpret_cast<void*>(address + first), into.size() - first}};
  const ssize_t size = process_vm_readv(pid, &local, 1, remote, into.size() > first ? 2 : 1, 0);
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

}  // namespace heimdallr::replay
