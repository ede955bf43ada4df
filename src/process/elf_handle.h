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

}  // namespace heimdallr::process
