// Which part of the memory system answered an access, from `perf_mem_data_src`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heimdallr::analysis {

enum class DataSource : std::uint8_t {
  kUnknown = 0,
  kL1,
  kLineFillBuffer,
  kL2,
  kL3,
  kL4,
  kAnyCache,
  kLocalMemory,
  kPersistentMemory,
  kCxlMemory,
  kRemoteCache,
  kRemoteMemory,
  kUncached,
};
inline constexpr std::size_t kDataSources = static_cast<std::size_t>(DataSource::kUncached) + 1;

/// Where the data came from; kUnknown for 0 and for what says only where it was not.
[[nodiscard]] DataSource DataSourceOf(std::uint64_t perf_mem_data_src);

/// For machines: "l1", "local_memory".
[[nodiscard]] std::string_view Name(DataSource source);

}  // namespace heimdallr::analysis
