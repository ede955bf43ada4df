// Encodings as the GNU assembler makes them; what they access by the architecture manual.
#include <vector>

#include <catch2/catch.hpp>

#include "replay/instruction_decoder.h"

namespace heimdallr::replay {
namespace {

std::variant<Instruction, Reason> Decode(const std::vector<int>& bytes,
                                         std::uint64_t ip = 0x401000) {
  std::vector<std::byte> code;
  for (const int b : bytes) code.push_back(static_cast<std::byte>(b));
  return MakeX86Decoder()->Decode(code, ip);
}

Instruction DecodeGood(const std::vector<int>& bytes, std::uint64_t ip = 0x401000) {
  const auto decoded = Decode(bytes, ip);
  REQUIRE(std::holds_alternative<Instruction>(decoded));
  return std::get<Instruction>(decoded);
}

}  // namespace

TEST_CASE("X86Decoder: bytes that end too early are unreadable, not unknown") {
  CHECK(std::get<Reason>(Decode({})) == Reason::kCodeUnreadable);
  CHECK(std::get<Reason>(Decode({0x48, 0x8b})) == Reason::kCodeUnreadable);
}

TEST_CASE("X86Decoder: bytes that are no instruction are unknown") {
  CHECK(std::get<Reason>(Decode({0x06, 0x90})) == Reason::kInstructionUnknown);  // push es
  CHECK(std::get<Reason>(Decode(std::vector<int>(15, 0x66))) == Reason::kInstructionUnknown);
}

TEST_CASE("X86Decoder: bytes behind the instruction are not looked at") {
  // mov (%rbx),%eax; (bad)
  CHECK(DecodeGood({0x8b, 0x03, 0x06, 0x06}).length_bytes == 2);
}

TEST_CASE("X86Decoder: rip-relative operands are resolved from the end of the instruction") {
  // mov 0x10(%rip),%rax
  const auto load = DecodeGood({0x48, 0x8b, 0x05, 0x10, 0, 0, 0}, 0x401000);
  REQUIRE(load.memory().size() == 1);
  CHECK(std::get<std::uint64_t>(EffectiveAddress(load.memory()[0], Registers())) == 0x401017);
  // mov %eax,-0x10(%eip): 32-bit addressing
  const auto store = DecodeGood({0x67, 0x89, 0x05, 0xf0, 0xff, 0xff, 0xff}, 0x7f00'0040'1000);
  CHECK(std::get<std::uint64_t>(EffectiveAddress(store.memory()[0], Registers())) == 0x400ff7);
}

TEST_CASE("X86Decoder: gather and scatter have an address only a vector register knows") {
  // vgatherdps %ymm2,(%rax,%ymm1,4),%ymm0
  const auto gather = DecodeGood({0xc4, 0xe2, 0x6d, 0x92, 0x04, 0x88});
  REQUIRE(gather.memory().size() == 1);
  CHECK(gather.memory()[0].kind == AccessKind::kLoad);
  CHECK(gather.memory()[0].size_bytes == 4);
  CHECK(gather.memory()[0].vector_index);
  // vpscatterdd %zmm0,(%rax,%zmm1,4){%k1}
  const auto scatter = DecodeGood({0x62, 0xf2, 0x7d, 0x49, 0xa0, 0x04, 0x88});
  REQUIRE(scatter.memory().size() == 1);
  CHECK(scatter.memory()[0].kind == AccessKind::kStore);
  CHECK(scatter.memory()[0].vector_index);
}

TEST_CASE("X86Decoder: masked moves are marked, unmasked ones are not") {
  // vmovups (%rax),%zmm0{%k1}
  const auto masked = DecodeGood({0x62, 0xf1, 0x7c, 0x49, 0x10, 0x00});
  CHECK(masked.memory()[0].masked);
  CHECK(masked.memory()[0].size_bytes == 64);
  // vmovups (%rax),%zmm0
  CHECK(!DecodeGood({0x62, 0xf1, 0x7c, 0x48, 0x10, 0x00}).memory()[0].masked);
  // vmaskmovps (%rax),%ymm1,%ymm0
  CHECK(DecodeGood({0xc4, 0xe2, 0x75, 0x2c, 0x00}).memory()[0].masked);
  // maskmovdqu %xmm1,%xmm0: stores at rdi
  const auto store = DecodeGood({0x66, 0x0f, 0xf7, 0xc1});
  REQUIRE(store.memory().size() == 1);
  CHECK(store.memory()[0].masked);
  CHECK(store.memory()[0].kind == AccessKind::kStore);
  CHECK(store.memory()[0].base == Register::kRdi);
}

TEST_CASE("X86Decoder: cache control accesses nothing") {
  CHECK(DecodeGood({0x0f, 0xae, 0x38}).memory().empty());        // clflush (%rax)
  CHECK(DecodeGood({0x66, 0x0f, 0xae, 0x38}).memory().empty());  // clflushopt (%rax)
  CHECK(DecodeGood({0x66, 0x0f, 0xae, 0x30}).memory().empty());  // clwb (%rax)
  CHECK(DecodeGood({0x0f, 0x1c, 0x00}).memory().empty());        // cldemote (%rax)
}

TEST_CASE("X86Decoder: the largest instructions have all their accesses") {
  // cmpxchg16b (%rdi)
  const auto exchange = DecodeGood({0x48, 0x0f, 0xc7, 0x0f});
  REQUIRE(exchange.memory().size() == 1);
  CHECK(exchange.memory()[0].size_bytes == 16);
  CHECK(exchange.memory()[0].kind == AccessKind::kLoadStore);
  // fxsave (%rax)
  CHECK(DecodeGood({0x0f, 0xae, 0x00}).memory()[0].size_bytes == 512);
  // movdir64b (%rbx),%rax: loads 64 bytes and stores them at rax
  const auto move = DecodeGood({0x66, 0x0f, 0x38, 0xf8, 0x03});
  REQUIRE(move.memory().size() == 2);
  CHECK(move.memory()[0].kind == AccessKind::kLoad);
  CHECK(move.memory()[1].kind == AccessKind::kStore);
  CHECK(move.memory()[1].base == Register::kRax);
}

}  // namespace heimdallr::replay
