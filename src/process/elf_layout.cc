#include "process/elf_layout.h"

#include <gelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <utility>

namespace heimdallr::process {
namespace {

bool Holds(std::uint64_t begin, std::uint64_t size, std::uint64_t place) {
  return place >= begin && place - begin < size;
}

}  // namespace

ElfLayout::ElfLayout(Elf* elf) {
  ReadSegments(elf);
  ReadSections(elf);
}

void ElfLayout::ReadSegments(Elf* elf) {
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return;
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < count && i < std::numeric_limits<int>::max(); ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) break;
    if (header.p_type != PT_LOAD) continue;
    if (header.p_memsz > kMax - header.p_vaddr || header.p_filesz > kMax - header.p_offset)
      continue;
    segments_.push_back({header.p_vaddr, header.p_offset, std::min(header.p_filesz, header.p_memsz),
                         header.p_memsz, (header.p_flags & PF_X) != 0});
  }
  if (segments_.empty()) return;
  const Segment& lowest =
      *std::min_element(segments_.begin(), segments_.end(),
                        [](const Segment& a, const Segment& b) { return a.address < b.address; });
  const std::uint64_t in_page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) - 1;
  first_mapped_address_ = lowest.address & ~in_page;
  first_mapped_offset_ = lowest.offset & ~in_page;
  // A page of the file may be mapped twice, as the end of one segment and the start of the next.
  std::stable_partition(segments_.begin(), segments_.end(),
                        [](const Segment& segment) { return segment.executable; });
}

void ElfLayout::ReadSections(Elf* elf) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if ((header.sh_flags & SHF_ALLOC) == 0 || (header.sh_flags & SHF_TLS) != 0) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || *name == '\0' || header.sh_size == 0) continue;
    if (!IsMapped(header.sh_addr, header.sh_size)) continue;
    sections_.push_back(
        {name, header.sh_addr, header.sh_size, (header.sh_flags & SHF_EXECINSTR) != 0});
  }
  std::stable_sort(
      sections_.begin(), sections_.end(),
      [](const MappedSection& a, const MappedSection& b) { return a.address < b.address; });
}

std::optional<std::uint64_t> ElfLayout::ToAddress(std::uint64_t file_offset) const {
  for (const Segment& segment : segments_) {
    if (Holds(segment.offset, segment.file_size, file_offset)) {
      return file_offset - segment.offset + segment.address;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfLayout::ToOffset(std::uint64_t address) const {
  for (const Segment& segment : segments_) {
    if (Holds(segment.address, segment.file_size, address)) {
      return address - segment.address + segment.offset;
    }
  }
  return std::nullopt;
}

bool ElfLayout::IsCode(std::uint64_t address) const {
  return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
    return segment.executable && Holds(segment.address, segment.memory_size, address);
  });
}

bool ElfLayout::IsMapped(std::uint64_t address, std::uint64_t size) const {
  return std::any_of(segments_.begin(), segments_.end(), [&](const Segment& segment) {
    return Holds(segment.address, segment.memory_size, address) &&
           size <= segment.memory_size - (address - segment.address);
  });
}

const MappedSection* ElfLayout::SectionAt(std::uint64_t address) const {
  const auto next = std::upper_bound(
      sections_.begin(), sections_.end(), address,
      [](std::uint64_t wanted, const MappedSection& section) { return wanted < section.address; });
  if (next == sections_.begin()) return nullptr;
  const MappedSection& section = *std::prev(next);
  return Holds(section.address, section.size, address) ? &section : nullptr;
}

}  // namespace heimdallr::process
