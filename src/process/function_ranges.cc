#include "process/function_ranges.h"

#include <gelf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "process/elf_handle.h"

namespace heimdallr::process {
namespace {

// A loadable part of the file: where its bytes are and where they go.
struct Segment {
  std::uint64_t address;
  std::uint64_t size;
  std::uint64_t offset;
};

std::vector<Segment> CodeSegments(Elf* elf) {
  std::vector<Segment> segments;
  std::size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return segments;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) continue;
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    segments.push_back({header.p_vaddr, header.p_filesz, header.p_offset});
  }
  return segments;
}

// Translates an address range; nothing when it is not code of the file.
std::optional<FileRange> ToFile(const std::vector<Segment>& segments, std::uint64_t start,
                                std::uint64_t end) {
  for (const Segment& segment : segments) {
    if (start < segment.address || start - segment.address >= segment.size) continue;
    const std::uint64_t bounded = std::min(end, segment.address + segment.size);
    return FileRange{start - segment.address + segment.offset,
                     bounded - segment.address + segment.offset};
  }
  return std::nullopt;
}

void AddSymbols(Elf* elf, const std::vector<Segment>& segments, std::vector<FileRange>& ranges) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    const int count = EntryCount(elf, data, ELF_T_SYM);
    for (int i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, i, &symbol) == nullptr) break;
      const auto type = GELF_ST_TYPE(symbol.st_info);
      if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol.st_size == 0) continue;
      if (const auto range = ToFile(segments, symbol.st_value, symbol.st_value + symbol.st_size)) {
        ranges.push_back(*range);
      }
    }
  }
}

// The section .eh_frame_hdr: its address and bytes.
struct UnwindIndex {
  std::uint64_t address = 0;
  std::span<const std::byte> bytes;
};

UnwindIndex FindUnwindIndex(Elf* elf) {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return {};
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || std::string_view(name) != ".eh_frame_hdr") continue;
    const Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {header.sh_addr, {static_cast<const std::byte*>(data->d_buf), data->d_size}};
  }
  return {};
}

// Function starts, ascending, of the index's binary search table (LSB, "Exception Frames",
// .eh_frame_hdr): version 1, then how the pointer to .eh_frame, the count and the table are
// encoded. Only the encodings that linkers write are read: pcrel sdata4, udata4, datarel sdata4.
std::vector<std::uint64_t> UnwindStarts(const UnwindIndex& index) {
  constexpr std::byte kPcRelative4{0x1b};
  constexpr std::byte kUnsigned4{0x03};
  constexpr std::byte kDataRelative4{0x3b};
  constexpr std::size_t kHeader = 12;
  constexpr std::size_t kEntry = 8;
  const auto& bytes = index.bytes;
  if (bytes.size() < kHeader || bytes[0] != std::byte{1} || bytes[1] != kPcRelative4 ||
      bytes[2] != kUnsigned4 || bytes[3] != kDataRelative4) {
    return {};
  }
  std::uint32_t count = 0;
  std::memcpy(&count, &bytes[8], sizeof count);
  std::vector<std::uint64_t> starts;
  for (std::size_t i = 0; i < count && kHeader + (i + 1) * kEntry <= bytes.size(); ++i) {
    std::int32_t relative = 0;
    std::memcpy(&relative, &bytes[kHeader + i * kEntry], sizeof relative);
    starts.push_back(index.address + static_cast<std::uint64_t>(std::int64_t{relative}));
  }
  return starts;
}

// A function by the unwind table reaches to the next one: padding belongs to it, which is harmless.
void AddUnwindRanges(Elf* elf, const std::vector<Segment>& segments,
                     std::vector<FileRange>& ranges) {
  const std::vector<std::uint64_t> starts = UnwindStarts(FindUnwindIndex(elf));
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::uint64_t end = i + 1 < starts.size() ? starts[i + 1] : ~std::uint64_t{0};
    if (end <= starts[i]) continue;
    if (const auto range = ToFile(segments, starts[i], end)) ranges.push_back(*range);
  }
}

bool StartsBefore(const FileRange& a, const FileRange& b) { return a.start < b.start; }

// Ascending ranges without overlaps: of several at one start the first (aliases are equal), and an
// earlier one ends where the next begins.
std::vector<FileRange> Disjoint(std::vector<FileRange> ranges) {
  std::stable_sort(ranges.begin(), ranges.end(), StartsBefore);
  std::vector<FileRange> result;
  for (const FileRange& range : ranges) {
    if (!result.empty() && result.back().start == range.start) continue;
    if (!result.empty()) result.back().end = std::min(result.back().end, range.start);
    result.push_back(range);
  }
  return result;
}

const FileRange* FindIn(const std::vector<FileRange>& ranges, std::uint64_t offset) {
  auto next = std::upper_bound(ranges.begin(), ranges.end(), FileRange{offset, 0}, StartsBefore);
  if (next == ranges.begin()) return nullptr;
  --next;
  return offset < next->end ? &*next : nullptr;
}

}  // namespace

absl::StatusOr<FunctionRanges> FunctionRanges::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const ElfHandle handle, OpenElf(path));
  const std::vector<Segment> segments = CodeSegments(handle.elf.get());
  std::vector<FileRange> symbols;
  AddSymbols(handle.elf.get(), segments, symbols);
  symbols = Disjoint(std::move(symbols));

  std::vector<FileRange> all = symbols;
  std::vector<FileRange> unwind;
  AddUnwindRanges(handle.elf.get(), segments, unwind);
  for (const FileRange& range : unwind) {
    if (FindIn(symbols, range.start) == nullptr) all.push_back(range);
  }
  FunctionRanges ranges;
  ranges.ranges_ = Disjoint(std::move(all));
  return ranges;
}

std::optional<FileRange> FunctionRanges::Find(std::uint64_t file_offset) const {
  const FileRange* range = FindIn(ranges_, file_offset);
  return range == nullptr ? std::nullopt : std::optional(*range);
}

}  // namespace heimdallr::process
