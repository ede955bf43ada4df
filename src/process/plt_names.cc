#include "process/plt_names.h"

#include <gelf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "process/demangle.h"
#include "process/elf_handle.h"

namespace heimdallr::process {
namespace {

// What the dynamic linker fills in for calls.
struct Slots {
  std::unordered_map<std::uint64_t, std::string> by_address;  // of the pointer the stub jumps by
  std::vector<std::string> by_index;                          // in .rela.plt
};

std::string SymbolName(Elf* elf, Elf_Data* symbols, std::size_t strings, std::size_t index) {
  GElf_Sym symbol;
  if (index == 0 || index > std::numeric_limits<int>::max() ||
      gelf_getsym(symbols, static_cast<int>(index), &symbol) == nullptr) {
    return {};
  }
  const char* name = elf_strptr(elf, strings, symbol.st_name);
  return name == nullptr ? std::string() : Demangle(std::string(WithoutVersion(name)));
}

void AddSlots(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, bool is_plt, Slots& slots) {
  Elf_Scn* table = elf_getscn(elf, header.sh_link);
  GElf_Shdr table_header;
  if (table == nullptr || gelf_getshdr(table, &table_header) == nullptr) return;
  Elf_Data* symbols = elf_getdata(table, nullptr);
  Elf_Data* data = elf_getdata(section, nullptr);
  const int count = symbols == nullptr ? 0 : EntryCount(elf, data, ELF_T_RELA);
  for (int i = 0; i < count; ++i) {
    GElf_Rela relocation;
    if (gelf_getrela(data, i, &relocation) == nullptr) return;
    const auto type = GELF_R_TYPE(relocation.r_info);
    const bool is_slot = type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
    std::string name;
    if (is_slot) {
      name = SymbolName(elf, symbols, table_header.sh_link, GELF_R_SYM(relocation.r_info));
    }
    if (!name.empty()) slots.by_address[relocation.r_offset] = name;
    if (is_plt) slots.by_index.push_back(std::move(name));
  }
}

Slots ReadSlots(Elf* elf, std::size_t names) {
  Slots slots;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_RELA) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || (header.sh_flags & SHF_ALLOC) == 0) continue;
    const std::string_view text = name;
    if (text == ".rela.plt") {
      AddSlots(elf, section, header, true, slots);
    } else if (text == ".rela.dyn") {
      AddSlots(elf, section, header, false, slots);
    }
  }
  return slots;
}

// The function that a stub of x86-64 calls: it jumps by a pointer (jmp *disp(%rip)), or leaves its
// number for the dynamic linker (push $number), as the stubs of .plt do beside those of .plt.sec.
std::string FunctionOf(std::span<const unsigned char> stub, std::uint64_t address,
                       const Slots& slots) {
  constexpr std::size_t kDisplacement = 4;
  for (std::size_t i = 0; i + 2 + kDisplacement <= stub.size(); ++i) {
    if (stub[i] != 0xff || stub[i + 1] != 0x25) continue;
    std::int32_t displacement = 0;
    std::memcpy(&displacement, &stub[i + 2], kDisplacement);
    const auto slot = slots.by_address.find(address + i + 2 + kDisplacement +
                                            static_cast<std::uint64_t>(std::int64_t{displacement}));
    return slot == slots.by_address.end() ? std::string() : slot->second;
  }
  constexpr std::size_t kEndbr64 = 4;  // the push comes first, or behind this
  for (const std::size_t i : {std::size_t{0}, kEndbr64}) {
    if (i + 1 + sizeof(std::uint32_t) > stub.size() || stub[i] != 0x68) continue;
    std::uint32_t index = 0;
    std::memcpy(&index, &stub[i + 1], sizeof index);
    return index < slots.by_index.size() ? slots.by_index[index] : std::string();
  }
  return {};
}

std::vector<std::string> FunctionsOf(Elf_Scn* section, const GElf_Shdr& header,
                                     std::uint64_t entry_size, const Slots& slots) {
  std::vector<std::string> functions;
  const Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return functions;
  const std::span bytes(static_cast<const unsigned char*>(data->d_buf), data->d_size);
  for (std::size_t at = 0; at < bytes.size(); at += entry_size) {
    const auto stub = bytes.subspan(at, std::min<std::size_t>(entry_size, bytes.size() - at));
    functions.push_back(FunctionOf(stub, header.sh_addr + at, slots));
  }
  return functions;
}

// Some linkers leave the size of an entry out, or write that of another kind of table.
std::uint64_t EntrySize(const GElf_Shdr& header) {
  return header.sh_entsize == 8 || header.sh_entsize == 16 ? header.sh_entsize : 16;
}

}  // namespace

PltNames::PltNames(Elf* elf, const ElfLayout& layout) {
  std::size_t names = 0;
  GElf_Ehdr file;
  if (elf_getshdrstrndx(elf, &names) != 0 || gelf_getehdr(elf, &file) == nullptr) return;
  const Slots slots = file.e_machine == EM_X86_64 ? ReadSlots(elf, names) : Slots{};
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_PROGBITS) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || !std::string_view(name).starts_with(".plt")) continue;
    if (!layout.IsCode(header.sh_addr)) continue;
    Section plt{name, header.sh_addr, header.sh_size, EntrySize(header), {}};
    if (file.e_machine == EM_X86_64) {
      plt.functions = FunctionsOf(section, header, plt.entry_size, slots);
    }
    sections_.push_back(std::move(plt));
  }
}

std::optional<std::string> PltNames::Find(std::uint64_t address) const {
  for (const Section& section : sections_) {
    if (address < section.address || address - section.address >= section.size) continue;
    const std::uint64_t entry = (address - section.address) / section.entry_size;
    if (entry >= section.functions.size() || section.functions[entry].empty()) return section.name;
    return section.functions[entry] + "@plt";
  }
  return std::nullopt;
}

}  // namespace heimdallr::process
