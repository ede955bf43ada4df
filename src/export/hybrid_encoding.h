// Parquet's encoding of small numbers: runs and bit-packed groups.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace heimdallr::exports {

/// Bits that the numbers up to `most` need; 0 for 0.
[[nodiscard]] int BitsFor(std::uint32_t most);

/// Appends `values` in the "RLE / bit-packing hybrid" of parquet-format's Encodings.md, without a
/// length before it. Each is below 2^bits.
void AppendHybrid(std::span<const std::uint32_t> values, int bits, std::string& out);

}  // namespace heimdallr::exports
