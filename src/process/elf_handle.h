// An open ELF file of libelf.
#pragma once

#include <libelf.h>

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "base/unique_fd.h"

namespace heimdallr::process {

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};

/// The descriptor must live as long as libelf reads the file.
struct ElfHandle {
  base::UniqueFd file;
  std::unique_ptr<Elf, ElfEnd> elf;
};

/// Opens `path` for reading. Errors by errno, InvalidArgument when it is no ELF file.
[[nodiscard]] absl::StatusOr<ElfHandle> OpenElf(const std::string& path);

/// Entries of `type` that the bytes of a section hold, whatever its header says of them; 0 when
/// `data` is null.
[[nodiscard]] int EntryCount(Elf* elf, const Elf_Data* data, Elf_Type type);

}  // namespace heimdallr::process
