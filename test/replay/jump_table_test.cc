// Jump tables as compilers make them: bytes from an assembler, tables made here.

#include "replay/jump_table.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include <catch2/catch.hpp>

#include "replay/function_layout.h"
#include "replay/instruction_decoder.h"

namespace heimdallr::replay {
namespace {

constexpr std::uint64_t kCode = 0x1000;

// cmp $3,%edi; ja end; lea 0x200c,%rdx; mov %edi,%eax; movslq (%rdx,%rax,4),%rax; add %rdx,%rax;
// jmp *%rax; end: ret; nop; nop; ret
const std::vector<std::uint8_t> kRelative{0x83, 0xff, 0x03, 0x77, 0x12, 0x48, 0x8d, 0x15, 0x00,
                                          0x10, 0x00, 0x00, 0x89, 0xf8, 0x48, 0x63, 0x04, 0x82,
                                          0x48, 0x01, 0xd0, 0xff, 0xe0, 0xc3, 0x90, 0x90, 0xc3};
// cmp $2,%edi; ja end; mov %edi,%edi; jmp *0x2000(,%rdi,8); end: ret
const std::vector<std::uint8_t> kAbsolute{0x83, 0xff, 0x02, 0x77, 0x09, 0x89, 0xff, 0xff,
                                          0x24, 0xfd, 0x00, 0x20, 0x00, 0x00, 0xc3};
// The same, but %esi is compared.
const std::vector<std::uint8_t> kOtherRegister{0x83, 0xfe, 0x02, 0x77, 0x09, 0x89, 0xff, 0xff,
                                               0x24, 0xfd, 0x00, 0x20, 0x00, 0x00, 0xc3};
// jmp over; cmp $2,%edi; ja end; over: jmp *0x2000(,%rdi,8); end: ret
const std::vector<std::uint8_t> kBypassed{0xeb, 0x05, 0x83, 0xff, 0x02, 0x77, 0x07, 0xff,
                                          0x24, 0xfd, 0x00, 0x20, 0x00, 0x00, 0xc3};

template <typename Entry>
std::vector<std::byte> Table(std::initializer_list<Entry> entries) {
  std::vector<std::byte> bytes(entries.size() * sizeof(Entry));
  std::memcpy(bytes.data(), entries.begin(), bytes.size());
  return bytes;
}

// Lays out `code` as a function at kCode, with `table` at `address`.
FunctionLayout LayOutWith(const std::vector<std::uint8_t>& code, std::uint64_t address,
                          const std::vector<std::byte>& table) {
  return LayOut({kCode, kCode + code.size()}, std::as_bytes(std::span(code)), *MakeX86Decoder(),
                [&](std::uint64_t at, std::span<std::byte> into) -> std::size_t {
                  if (at != address) return 0;
                  const std::size_t size = std::min(into.size(), table.size());
                  std::memcpy(into.data(), table.data(), size);
                  return size;
                });
}

bool IsLeader(const FunctionLayout& layout, std::uint64_t ip) { return layout.LeaderOf(ip) == ip; }

}  // namespace

TEST_CASE("Jump table: distances from a table whose address is computed lead to their targets") {
  const auto to = [](std::uint64_t target) {
    return static_cast<std::int32_t>(static_cast<std::int64_t>(target) - 0x200c);
  };
  const auto layout = LayOutWith(
      kRelative, 0x200c, Table<std::int32_t>({to(0x1000), to(0x1019), to(0x1017), to(0x9000)}));
  CHECK_FALSE(layout.has_indirect_jump);
  CHECK(IsLeader(layout, 0x1019));
  CHECK_FALSE(IsLeader(layout, 0x101a));
}

TEST_CASE("Jump table: addresses in a table at a fixed place lead to their targets") {
  const auto layout = LayOutWith(kAbsolute, 0x2000, Table<std::uint64_t>({0x1003, 0x1005, 0x100e}));
  // 0x1005 lies between the comparison and the jump: the bound could be bypassed by it.
  CHECK(layout.has_indirect_jump);
  const auto clean = LayOutWith(kAbsolute, 0x2000, Table<std::uint64_t>({0x1000, 0x100e, 0x100e}));
  CHECK_FALSE(clean.has_indirect_jump);
}

TEST_CASE("Jump table: what cannot be read in full, or leads nowhere, is a doubt") {
  CHECK(LayOutWith(kAbsolute, 0x2000, Table<std::uint64_t>({0x1000, 0x100e})).has_indirect_jump);
  CHECK(LayOutWith(kAbsolute, 0x2000, Table<std::uint64_t>({0, 0, 0})).has_indirect_jump);
  CHECK(LayOutWith(kAbsolute, 0x3000, {}).has_indirect_jump);
}

TEST_CASE("Jump table: a bound of another register, or one that is jumped over, is a doubt") {
  const auto table = Table<std::uint64_t>({0x1000, 0x100e, 0x100e});
  CHECK(LayOutWith(kOtherRegister, 0x2000, table).has_indirect_jump);
  CHECK(LayOutWith(kBypassed, 0x2000, table).has_indirect_jump);
}

}  // namespace heimdallr::replay
