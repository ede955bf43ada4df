// Any bytes as code, any values as registers: decoding, addresses and the cache stay in bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "replay/code_cache.h"

using heimdallr::replay::CodeCache;
using heimdallr::replay::EffectiveAddress;
using heimdallr::replay::Instruction;
using heimdallr::replay::MakeX86Decoder;
using heimdallr::replay::Register;
using heimdallr::replay::Registers;
using heimdallr::replay::SpaceId;

namespace {

Registers TakeRegisters(const std::uint8_t*& data, std::size_t& size) {
  Registers registers;
  for (std::uint8_t i = 0; i < 16 && size >= 8; ++i, data += 8, size -= 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, data, sizeof(value));
    registers.Set(static_cast<Register>(i), value);
  }
  return registers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Registers registers = TakeRegisters(data, size);
  const auto code = std::as_bytes(std::span(data, size));
  constexpr std::uint64_t kStart = 0x401ff0;  // code lies over the end of a page
  CodeCache cache(
      MakeX86Decoder(),
      [&](SpaceId, std::uint64_t address, std::span<std::byte> into) -> std::size_t {
        const std::uint64_t from = address - kStart;
        if (from >= code.size()) return 0;
        const std::size_t count = std::min(into.size(), code.size() - from);
        std::copy_n(code.begin() + static_cast<std::ptrdiff_t>(from), count, into.begin());
        return count;
      },
      64);
  std::uint64_t ip = kStart;
  while (ip < kStart + size) {
    const auto found = cache.Lookup(1, ip);
    const auto* instruction = std::get_if<const Instruction*>(&found);
    if (instruction == nullptr) {
      ++ip;
      continue;
    }
    const auto length = (*instruction)->length_bytes;
    if (length == 0 || length > 15) std::abort();
    for (const auto& operand : (*instruction)->memory()) {
      if (operand.scale == 0) std::abort();
      (void)EffectiveAddress(operand, registers);
    }
    ip += length;
  }
  cache.Invalidate(1, kStart, kStart + size);
  if (size != 0 && cache.size() != 0) std::abort();
  return 0;
}
