#include "replay/code_cache.h"

#include <algorithm>
#include <chrono>
#include <map>

#include <catch2/catch.hpp>

namespace heimdallr::replay {
namespace {

constexpr SpaceId kSpace = 7;
constexpr std::uint64_t kCode = 0x401000;

/// Address spaces made of pages; reads over the end of what is there fail as a whole.
struct FakeMemory {
  std::map<std::pair<SpaceId, std::uint64_t>, std::byte> bytes;
  int reads = 0;

  void Put(SpaceId space, std::uint64_t address, const std::vector<int>& code) {
    for (const int b : code) bytes[{space, address++}] = static_cast<std::byte>(b);
  }

  CodeReader Reader() {
    return [this](SpaceId space, std::uint64_t address, std::span<std::byte> into) -> std::size_t {
      ++reads;
      for (std::size_t i = 0; i < into.size(); ++i) {
        const auto found = bytes.find({space, address + i});
        if (found == bytes.end()) return 0;
        into[i] = found->second;
      }
      return into.size();
    };
  }
};

/// mov (%rbx),%eax, then nops.
std::vector<int> Load() {
  std::vector<int> code(64, 0x90);
  code[0] = 0x8b;
  code[1] = 0x03;
  return code;
}

std::size_t MemoryOperands(CodeCache& cache, SpaceId space, std::uint64_t ip) {
  const auto found = cache.Lookup(space, ip);
  REQUIRE(std::holds_alternative<const Instruction*>(found));
  return std::get<const Instruction*>(found)->memory().size();
}

Reason Why(CodeCache& cache, SpaceId space, std::uint64_t ip) {
  return std::get<Reason>(cache.Lookup(space, ip));
}

}  // namespace

TEST_CASE("CodeCache: reads and decodes an instruction once") {
  FakeMemory memory;
  memory.Put(kSpace, kCode, Load());
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  for (int i = 0; i < 3; ++i) CHECK(MemoryOperands(cache, kSpace, kCode) == 1);
  CHECK(memory.reads == 1);
  CHECK(cache.totals().misses == 1);
  CHECK(cache.totals().hits == 2);
}

TEST_CASE("CodeCache: address spaces do not share instructions") {
  FakeMemory memory;
  memory.Put(1, kCode, Load());
  memory.Put(2, kCode, std::vector<int>(64, 0x90));
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(MemoryOperands(cache, 1, kCode) == 1);
  CHECK(MemoryOperands(cache, 2, kCode) == 0);
}

TEST_CASE("CodeCache: an instruction at the end of the mapped code is found") {
  FakeMemory memory;
  memory.Put(kSpace, kCode + 0xffe, {0x8b, 0x03});
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(MemoryOperands(cache, kSpace, kCode + 0xffe) == 1);
}

TEST_CASE("CodeCache: an instruction cut by the end of the mapped code is unreadable") {
  FakeMemory memory;
  memory.Put(kSpace, kCode + 0xfff, {0x8b});
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(Why(cache, kSpace, kCode + 0xfff) == Reason::kCodeUnreadable);
}

TEST_CASE("CodeCache: code that could not be read is tried again") {
  FakeMemory memory;
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(Why(cache, kSpace, kCode) == Reason::kCodeUnreadable);
  memory.Put(kSpace, kCode, Load());
  CHECK(MemoryOperands(cache, kSpace, kCode) == 1);
}

TEST_CASE("CodeCache: bytes that are no instruction are remembered as such") {
  FakeMemory memory;
  memory.Put(kSpace, kCode, std::vector<int>(64, 0x06));
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(Why(cache, kSpace, kCode) == Reason::kInstructionUnknown);
  CHECK(Why(cache, kSpace, kCode) == Reason::kInstructionUnknown);
  CHECK(memory.reads == 1);
}

TEST_CASE("CodeCache: a changed mapping is decoded anew, its neighbours are kept") {
  FakeMemory memory;
  memory.Put(kSpace, kCode, Load());
  memory.Put(kSpace, kCode + 0x1000, Load());
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(MemoryOperands(cache, kSpace, kCode) == 1);
  CHECK(MemoryOperands(cache, kSpace, kCode + 0x1000) == 1);
  memory.Put(kSpace, kCode, {0x90, 0x90});
  cache.Invalidate(kSpace, kCode, kCode + 0x1000);
  CHECK(cache.size() == 1);
  CHECK(MemoryOperands(cache, kSpace, kCode) == 0);
}

TEST_CASE("CodeCache: an instruction over two pages goes with either") {
  FakeMemory memory;
  memory.Put(kSpace, kCode + 0xfff, Load());
  const std::uint64_t page = GENERATE(std::uint64_t{kCode}, std::uint64_t{kCode + 0x1000});
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  CHECK(MemoryOperands(cache, kSpace, kCode + 0xfff) == 1);
  cache.Invalidate(kSpace, page, page + 0x1000);
  CHECK(cache.size() == 0);
}

TEST_CASE("CodeCache: dropping an address space leaves the others") {
  FakeMemory memory;
  for (const SpaceId space : {1U, 2U, 3U}) memory.Put(space, kCode, Load());
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  for (const SpaceId space : {1U, 2U, 3U}) CHECK(MemoryOperands(cache, space, kCode) == 1);
  cache.Drop(2);
  CHECK(cache.size() == 2);
  memory.reads = 0;
  CHECK(MemoryOperands(cache, 1, kCode) == 1);
  CHECK(MemoryOperands(cache, 3, kCode) == 1);
  CHECK(memory.reads == 0);
}

TEST_CASE("CodeCache: its size is bounded") {
  FakeMemory memory;
  memory.Put(kSpace, kCode, std::vector<int>(1000, 0x90));
  CodeCache cache(MakeX86Decoder(), memory.Reader(), 100);
  for (std::uint64_t i = 0; i < 900; ++i) {
    (void)cache.Lookup(kSpace, kCode + i);
    CHECK(cache.size() <= 100);
  }
  CHECK(cache.totals().flushes == 8);
}

TEST_CASE("CodeCache: lookup of hot code, nanoseconds each", "[.benchmark]") {
  FakeMemory memory;
  memory.Put(kSpace, kCode, std::vector<int>(5000, 0x90));
  CodeCache cache(MakeX86Decoder(), memory.Reader());
  constexpr std::uint64_t kLookups = 20'000'000;
  std::uint64_t sum = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < kLookups; ++i) {
    sum += cache.Lookup(kSpace, kCode + (i * 2654435761U >> 8) % 4096).index();
  }
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  WARN(taken.count() / static_cast<double>(kLookups) << " ns (" << sum << ")");
}

}  // namespace heimdallr::replay
