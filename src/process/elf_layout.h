// Where the parts of an executable or library lie: in its file and, before it is moved, in memory.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heimdallr::process {

/// A section that is mapped when the file is, thread-local ones left out.
struct MappedSection {
  std::string name;
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< bytes, not 0
  bool executable = false;
};

/// Addresses here are those the file names (p_vaddr, sh_addr, st_value).
class ElfLayout {
 public:
  ElfLayout() = default;
  /// Reads the headers of `elf`; what they say is not trusted to be sane.
  explicit ElfLayout(Elf* elf);

  /// The address of a byte of the file that is mapped.
  [[nodiscard]] std::optional<std::uint64_t> ToAddress(std::uint64_t file_offset) const;
  /// The byte of the file that is mapped at an address; nothing for .bss.
  [[nodiscard]] std::optional<std::uint64_t> ToOffset(std::uint64_t address) const;
  [[nodiscard]] bool IsCode(std::uint64_t address) const;
  /// Whether all of [address, address + size) is mapped, from the file or as zeroes.
  [[nodiscard]] bool IsMapped(std::uint64_t address, std::uint64_t size) const;

  /// The lowest loadable segment, down to the start of its page: its address and the offset in the
  /// file from which it is mapped. 0 when there is none.
  [[nodiscard]] std::uint64_t first_mapped_address() const { return first_mapped_address_; }
  [[nodiscard]] std::uint64_t first_mapped_offset() const { return first_mapped_offset_; }

  /// Ascending addresses.
  [[nodiscard]] const std::vector<MappedSection>& sections() const { return sections_; }
  /// The section that holds `address`, or nullptr.
  [[nodiscard]] const MappedSection* SectionAt(std::uint64_t address) const;

 private:
  struct Segment {
    std::uint64_t address;
    std::uint64_t offset;
    std::uint64_t file_size;
    std::uint64_t memory_size;
    bool executable;
  };

  void ReadSegments(Elf* elf);
  void ReadSections(Elf* elf);

  std::vector<Segment> segments_;  // those with code first
  std::vector<MappedSection> sections_;
  std::uint64_t first_mapped_address_ = 0;
  std::uint64_t first_mapped_offset_ = 0;
};

}  // namespace heimdallr::process
