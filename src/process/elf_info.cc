#include "process/elf_info.h"

#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <bit>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <elfutils/libdwelf.h>
#include <fmt/format.h>

#include "base/status_macros.h"
#include "process/elf_handle.h"

namespace heimdallr::process {
namespace {

#if defined(__x86_64__)
constexpr GElf_Half kNativeMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr GElf_Half kNativeMachine = EM_AARCH64;
#elif defined(__powerpc64__)
constexpr GElf_Half kNativeMachine = EM_PPC64;
#else
constexpr GElf_Half kNativeMachine = EM_NONE;
#endif

std::string Interpreter(Elf* elf) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return {};
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
    if (header.p_type != PT_INTERP) continue;
    const std::size_t size = std::min<std::size_t>(header.p_filesz, PATH_MAX);
    const Elf_Data* data =
        elf_getdata_rawchunk(elf, static_cast<std::int64_t>(header.p_offset), size, ELF_T_BYTE);
    if (data == nullptr || data->d_buf == nullptr) return {};
    const char* path = static_cast<const char*>(data->d_buf);
    return {path, strnlen(path, data->d_size)};
  }
  return {};
}

bool LinksAsan(Elf* elf, Elf_Scn* dynamic, std::size_t strings) {
  Elf_Data* data = elf_getdata(dynamic, nullptr);
  const int count = EntryCount(elf, data, ELF_T_DYN);
  for (int i = 0; i < count; ++i) {
    GElf_Dyn entry;
    if (gelf_getdyn(data, i, &entry) == nullptr) break;
    if (entry.d_tag != DT_NEEDED) continue;
    const char* name = elf_strptr(elf, strings, entry.d_un.d_val);
    if (name != nullptr && std::string_view(name).starts_with("libasan.so")) return true;
  }
  return false;
}

bool NamesAsan(Elf* elf, Elf_Scn* symbols, std::size_t strings) {
  Elf_Data* data = elf_getdata(symbols, nullptr);
  const int count = EntryCount(elf, data, ELF_T_SYM);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr) break;
    const char* name = elf_strptr(elf, strings, symbol.st_name);
    if (name != nullptr && std::strcmp(name, "__asan_init") == 0) return true;
  }
  return false;
}

// Whether the dynamic section or a symbol table names the AddressSanitizer's runtime.
bool NeedsAsan(Elf* elf) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type == SHT_DYNAMIC && LinksAsan(elf, section, header.sh_link)) return true;
    if (header.sh_type == SHT_DYNSYM && NamesAsan(elf, section, header.sh_link)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<ElfInfo> ReadElfInfo(const std::string& path) {
  ASSIGN_OR_RETURN(const ElfHandle handle, OpenElf(path));
  Elf* elf = handle.elf.get();
  GElf_Ehdr header;
  if (gelf_getehdr(elf, &header) == nullptr) {
    return absl::InvalidArgumentError(fmt::format("'{}' is no ELF file", path));
  }
  ElfInfo info;
  info.is_64_bit = header.e_ident[EI_CLASS] == ELFCLASS64;
  // POWER has one number for both orders of bytes.
  constexpr unsigned char kNativeOrder =
      std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  info.is_native = info.is_64_bit && header.e_machine == kNativeMachine &&
                   header.e_ident[EI_DATA] == kNativeOrder;
  info.interpreter = Interpreter(elf);
  info.needs_asan = NeedsAsan(elf);
  const void* build_id = nullptr;
  const ssize_t bytes = dwelf_elf_gnu_build_id(elf, &build_id);
  if (bytes > 0) {
    info.build_id.assign(static_cast<const char*>(build_id), static_cast<std::size_t>(bytes));
  }
  return info;
}

}  // namespace heimdallr::process
