#include "process/elf_handle.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::process {

absl::StatusOr<ElfHandle> OpenElf(const std::string& path) {
  // A path in a trace may name a device or a FIFO: never wait for those.
  base::UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return base::SyscallError(errno, fmt::format("cannot open '{}'", path));
  elf_version(EV_CURRENT);
  std::unique_ptr<Elf, ElfEnd> elf(elf_begin(file.get(), ELF_C_READ, nullptr));
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no ELF file", path));
  }
  return ElfHandle{std::move(file), std::move(elf)};
}

}  // namespace heimdallr::process
