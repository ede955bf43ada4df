// Where the debug information and the full symbol table of a file are: in itself, or in others on
// this machine. Nothing is fetched over a network.
#pragma once

#include <libelf.h>

#include <memory>
#include <string>

#include <elfutils/libdw.h>

#include "process/elf_handle.h"

namespace heimdallr::process {

struct DwarfEnd {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

/// What was found beside a file. The members are declared in the order in which they need each
/// other: debug information last, for it reads from the files.
struct DebugFiles {
  ElfHandle separate;   ///< holds what was stripped (.gnu_debuglink, .build-id); may be empty
  ElfHandle small;      ///< the symbols within .gnu_debugdata; may be empty
  ElfHandle alternate;  ///< what several debug files share (.gnu_debugaltlink); may be empty
  std::unique_ptr<Dwarf, DwarfEnd> alternate_dwarf;
  std::unique_ptr<Dwarf, DwarfEnd> dwarf;  ///< null: there is no debug information
};

/// Looks for what belongs to the file `main` at `path`: by build-id under /usr/lib/debug, then by
/// the name in .gnu_debuglink beside the file, in ".debug" there and under /usr/lib/debug. Of a
/// path of the form /proc/PID/root/... that root is searched first. A file found counts only if its
/// build-id, or without one its checksum, is the right one. Not finding anything is no error.
/// `main` must outlive the result.
[[nodiscard]] DebugFiles FindDebugFiles(const std::string& path, Elf* main);

}  // namespace heimdallr::process
