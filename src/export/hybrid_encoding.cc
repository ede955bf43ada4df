#include "export/hybrid_encoding.h"

#include <bit>

namespace heimdallr::exports {
namespace {

constexpr std::size_t kGroup = 8;  // values are bit-packed by eights

void AppendVarint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// The last group is filled up with zeros.
void AppendPacked(std::span<const std::uint32_t> values, int bits, std::string& out) {
  if (values.empty()) return;
  const std::size_t groups = (values.size() + kGroup - 1) / kGroup;
  AppendVarint((groups << 1) | 1, out);
  std::uint64_t pending = 0;
  int pending_bits = 0;
  for (std::size_t i = 0; i < groups * kGroup; ++i) {
    const std::uint64_t value = i < values.size() ? values[i] : 0;
    pending |= value << pending_bits;  // fewer than 8 + 32 bits
    for (pending_bits += bits; pending_bits >= 8; pending_bits -= 8, pending >>= 8) {
      out += static_cast<char>(pending);
    }
  }
}

void AppendRun(std::uint32_t value, std::size_t length, int bits, std::string& out) {
  AppendVarint(length << 1, out);
  for (int shift = 0; shift < bits; shift += 8) out += static_cast<char>(value >> shift);
}

}  // namespace

int BitsFor(std::uint32_t most) { return static_cast<int>(std::bit_width(most)); }

void AppendHybrid(std::span<const std::uint32_t> values, int bits, std::string& out) {
  std::size_t packed_from = 0;
  for (std::size_t at = 0; at < values.size();) {
    std::size_t end = at + 1;
    while (end < values.size() && values[end] == values[at]) ++end;
    // What precedes the run is packed in whole groups, which the run's first values fill up.
    const std::size_t before = (kGroup - (at - packed_from) % kGroup) % kGroup;
    if (end - at >= before + kGroup) {
      AppendPacked(values.subspan(packed_from, at + before - packed_from), bits, out);
      AppendRun(values[at], end - at - before, bits, out);
      packed_from = end;
    }
    at = end;
  }
  AppendPacked(values.subspan(packed_from), bits, out);
}

}  // namespace heimdallr::exports
