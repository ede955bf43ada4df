// Samples as the page has them: byte planes, compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::report {

/// One access, its names as indices (README.md).
struct Sample {
  std::uint64_t time_ns = 0;
  std::uint32_t y = 0;
  std::uint32_t object = 0;  ///< 24 bits
  std::uint16_t code = 0;
  std::uint16_t thread = 0;
  std::uint16_t latency_cycles = 0;
  std::uint16_t estimate = 0;  ///< half, of the scale
  std::uint16_t cpu_time = 0;  ///< half, of the scale
  std::uint8_t meta = 0;

  friend bool operator==(const Sample&, const Sample&) = default;
};

inline constexpr std::uint32_t kNoObject = 0;
/// Of more groups than 24 bits can tell: too many to be told apart at all.
inline constexpr std::uint32_t kFoldedObject = 0xffffff;
/// Bit of Sample::meta: the first access of its cell of the picture (StratifiedChoice).
inline constexpr std::uint8_t kFirstOfCell = 0x80;

/// Which of the columns that may be left out are there.
struct SamplePlanes {
  bool latency = false;
  bool estimate = false;
  bool cpu_time = false;

  /// Bytes of a sample before compression.
  [[nodiscard]] std::size_t bytes() const {
    constexpr std::size_t kAlways = 4 + 4 + 3 + 2 + 2 + 1;
    return kAlways + 2 * (std::size_t{latency} + std::size_t{estimate} + std::size_t{cpu_time});
  }
  /// In their order: "dt", "y", ...
  [[nodiscard]] std::vector<std::string> names() const;
};

/// What is known of a chunk outside of it.
struct ChunkInfo {
  std::size_t count = 0;
  std::uint64_t first_ns = 0;
  std::uint64_t last_ns = 0;
  /// What was asked for, unless two samples that follow each other lie 2^32 of that apart.
  std::uint64_t time_unit_ns = 1;
};

struct EncodedChunk {
  ChunkInfo info;
  std::string gzip;
};

/// Puts the samples in order of time. Times are rounded down to whole units, at least 1 ns.
[[nodiscard]] EncodedChunk Encode(std::vector<Sample>& samples, const SamplePlanes& planes,
                                  std::uint64_t least_time_unit_ns = 1);

/// DataLoss if the stream is not what `info` says.
[[nodiscard]] absl::StatusOr<std::vector<Sample>> Decode(const std::string& gzip,
                                                         const ChunkInfo& info,
                                                         const SamplePlanes& planes);

}  // namespace heimdallr::report
