// Any bytes as code, any values as registers: decoding, blocks and replay stay in bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "replay/block_cache.h"
#include "replay/block_replay.h"

namespace {

using namespace heimdallr::replay;  // NOLINT(google-build-using-namespace)

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
  const bool known_function = size > 0 && (data[0] & 1) != 0;
  const Registers registers = TakeRegisters(data, size);
  const auto code = std::as_bytes(std::span(data, size));
  constexpr std::uint64_t kStart = 0x401ff0;  // code lies over the end of a page
  BlockCache cache(
      MakeX86Decoder(),
      [&](SpaceId, std::uint64_t address, std::span<std::byte> into) -> std::size_t {
        const std::uint64_t from = address - kStart;
        if (from >= code.size()) return 0;
        const std::size_t count = std::min(into.size(), code.size() - from);
        std::copy_n(code.begin() + static_cast<std::ptrdiff_t>(from), count, into.begin());
        return count;
      },
      [&](SpaceId, std::uint64_t) -> std::optional<CodeRange> {
        if (!known_function) return std::nullopt;
        return CodeRange{kStart, kStart + size};
      },
      64);
  ReplayResult result;
  for (std::uint64_t ip = kStart; ip < kStart + size; ++ip) {
    const auto found = cache.Lookup(1, ip);
    const auto* position = std::get_if<BlockPosition>(&found);
    if (position == nullptr) continue;
    if (position->block->steps[position->index].ip != ip) std::abort();
    Replay(*position, registers, result);
    if (result.accesses.size() > result.memory_operands) std::abort();
  }
  cache.Invalidate(1, kStart, kStart + size);
  return 0;
}
