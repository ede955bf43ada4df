// Constants of the trace file format. The format itself is explained in proto/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heimdallr::trace {

inline constexpr std::string_view kFormatName = "heimdallr-trace";
inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::uint32_t kTrailerMagic = 0x45435254;  // "TRCE", little endian

/// Numbers of the fields of `Chunk`: what a chunk is. Equal to the schema by schema_check.cc.
enum class ChunkKind : std::uint32_t {
  kNone = 0,
  kHeader = 1,
  kStrings = 2,
  kStacks = 3,
  kAccessBlock = 4,
  kAllocationBlock = 5,
  kFaultBlock = 6,
  kMappings = 7,
  kProcesses = 8,
  kThreads = 9,
  kLosses = 10,
  kStatistics = 11,
  kRoundEnd = 12,
  kFooter = 13,
  kTrailer = 14,
  kCompressed = 15,
  kPeriods = 16,
  kSymbols = 17,
  kPlacementBlock = 18,
};
inline constexpr std::size_t kChunkKinds = 19;  ///< one more than the largest ChunkKind

/// No chunk is larger, compressed or not. It bounds what a reader allocates before it has seen the
/// bytes.
inline constexpr std::size_t kMaxChunkBytes = std::size_t{4} << 20;
/// Nor is a chunk that holds records. A full block with every column at its widest takes 0.5 MiB.
inline constexpr std::size_t kMaxRecordChunkBytes = std::size_t{1} << 20;

inline constexpr std::uint32_t kMaxBlockRecords = 4096;
inline constexpr std::uint32_t kMaxBlockSites = 1024;
inline constexpr std::uint32_t kMaxBlockDataSources = 128;

// Interned values are kept by a reader to the end, so their number is bounded.
inline constexpr std::size_t kMaxStringBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxStrings = std::size_t{1} << 20;
inline constexpr std::size_t kMaxOneStringBytes = std::size_t{64} << 10;
inline constexpr std::size_t kMaxStackFrames = std::size_t{16} << 20;
inline constexpr std::size_t kMaxStacks = std::size_t{2} << 20;
inline constexpr std::size_t kMaxOneStackFrames = 1024;

// Symbols are kept to the end as well: places in code and parts of data, and their text.
// A text counts as often as it is named, as a reader may copy it.
inline constexpr std::size_t kMaxSymbols = std::size_t{4} << 20;
inline constexpr std::size_t kMaxSymbolTextBytes = std::size_t{256} << 20;
inline constexpr std::size_t kMaxOneSymbolTextBytes = std::size_t{16} << 10;

/// Records a round should have at most, so that a reader holds some 25 MB of them at a time.
inline constexpr std::uint64_t kFullRoundRecords = 256 * 1024;

enum AllocationSiteFlags : std::uint32_t {
  kSiteDeallocation = 1,
  kSiteHasSize = 2,
  kSiteHasOldAddress = 4,
};

}  // namespace heimdallr::trace
