#include "process/elf_handle.h"

#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <limits>
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

int EntryCount(Elf* elf, const Elf_Data* data, Elf_Type type) {
  const std::size_t entry = gelf_fsize(elf, type, 1, EV_CURRENT);
  if (data == nullptr || entry == 0) return 0;
  return static_cast<int>(
      std::min<std::size_t>(data->d_size / entry, std::numeric_limits<int>::max()));
}

}  // namespace heimdallr::process
