#include "process/debug_files.h"

#include <gelf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include <elfutils/libdwelf.h>

#include "process/debug_search.h"

namespace heimdallr::process {
namespace {

// The section of this name that has bytes in this file, or nullptr.
Elf_Scn* FindSection(Elf* elf, std::string_view wanted) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return nullptr;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name != nullptr && name == wanted) return section;
  }
  return nullptr;
}

bool HasDebugInfo(Elf* elf) {
  return FindSection(elf, ".debug_info") != nullptr || FindSection(elf, ".zdebug_info") != nullptr;
}

bool HasSymbolTable(Elf* elf) { return FindSection(elf, ".symtab") != nullptr; }

ElfHandle OpenSeparate(const std::string& path, Elf* main) {
  DebugReference reference{.build_id = BuildId(main)};
  GElf_Word crc = 0;
  if (const char* name = dwelf_elf_gnu_debuglink(main, &crc)) {
    reference.name = name;
    reference.crc = crc;
  }
  return OpenReferenced(path, reference);
}

// Some distributions keep the names of private functions in the stripped file: an ELF file of a
// symbol table alone, compressed with xz, in .gnu_debugdata. libdw unpacks whole files only.
ElfHandle OpenSmall(Elf* main) {
  constexpr std::size_t kMaxBytes = 64U << 20;  // of libraries with 100 MB of code it is about 2 MB
  Elf_Scn* section = FindSection(main, ".gnu_debugdata");
  const Elf_Data* data = section == nullptr ? nullptr : elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr || data->d_size > kMaxBytes) return {};
  base::UniqueFd copy(memfd_create("gnu_debugdata", MFD_CLOEXEC));
  if (!copy.valid()) return {};
  if (write(copy.get(), data->d_buf, data->d_size) != static_cast<ssize_t>(data->d_size)) return {};
  std::unique_ptr<Elf, ElfEnd> elf(dwelf_elf_begin(copy.get()));
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF) return {};
  return {std::move(copy), std::move(elf)};
}

// Whether the last string of a section has its end. libdw 0.188 looks for it beyond the section.
bool IsTerminated(Elf* elf, std::string_view name) {
  Elf_Scn* section = FindSection(elf, name);
  const Elf_Data* data = section == nullptr ? nullptr : elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr || data->d_size == 0) return true;
  return static_cast<const char*>(data->d_buf)[data->d_size - 1] == '\0';
}

std::unique_ptr<Dwarf, DwarfEnd> OpenDwarf(Elf* elf) {
  std::unique_ptr<Dwarf, DwarfEnd> dwarf(dwarf_begin_elf(elf, DWARF_C_READ, nullptr));
  // Only now are compressed sections unpacked.
  if (dwarf == nullptr || !IsTerminated(elf, ".debug_str") ||
      !IsTerminated(elf, ".debug_line_str")) {
    return nullptr;
  }
  return dwarf;
}

void OpenAlternate(const std::string& path, DebugFiles& files) {
  const char* name = nullptr;
  const void* build_id = nullptr;
  const ssize_t size = dwelf_dwarf_gnu_debugaltlink(files.dwarf.get(), &name, &build_id);
  if (size <= 0) return;
  files.alternate = OpenReferenced(
      path, {.build_id = {static_cast<const char*>(build_id), static_cast<std::size_t>(size)},
             .name = name});
  if (files.alternate.elf == nullptr) return;
  files.alternate_dwarf = OpenDwarf(files.alternate.elf.get());
  if (files.alternate_dwarf != nullptr) {
    dwarf_setalt(files.dwarf.get(), files.alternate_dwarf.get());
  }
}

}  // namespace

DebugFiles FindDebugFiles(const std::string& path, Elf* main) {
  DebugFiles files;
  Elf* debug = main;
  if (!HasDebugInfo(main)) {
    files.separate = OpenSeparate(path, main);
    debug = files.separate.elf.get();
  }
  if (debug != nullptr && HasDebugInfo(debug)) files.dwarf = OpenDwarf(debug);
  if (files.dwarf != nullptr) OpenAlternate(path, files);
  const bool named = HasSymbolTable(main) || (debug != nullptr && HasSymbolTable(debug));
  if (!named) files.small = OpenSmall(main);
  return files;
}

}  // namespace heimdallr::process
