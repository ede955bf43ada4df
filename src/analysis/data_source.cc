#include "analysis/data_source.h"

namespace heimdallr::analysis {
namespace {

// Bits of union perf_mem_data_src, linux/perf_event.h.
constexpr unsigned kLevelShift = 5;         // mem_lvl, 14 bits
constexpr unsigned kLevelNumberShift = 33;  // mem_lvl_num, 4 bits
constexpr unsigned kRemoteShift = 37;       // mem_remote, 1 bit

// PERF_MEM_LVLNUM_*; kernels before 4.14 leave it 0.
DataSource OfLevelNumber(std::uint64_t number, bool remote) {
  switch (number) {
    case 0x01:
      return DataSource::kL1;
    case 0x02:
    case 0x05:  // L2 miss handling buffer
      return DataSource::kL2;
    case 0x03:
      return remote ? DataSource::kRemoteCache : DataSource::kL3;
    case 0x04:
      return remote ? DataSource::kRemoteCache : DataSource::kL4;
    case 0x08:
    case 0x0a:  // I/O
      return DataSource::kUncached;
    case 0x09:
      return DataSource::kCxlMemory;
    case 0x06:  // memory-side cache
    case 0x0b:
      return remote ? DataSource::kRemoteCache : DataSource::kAnyCache;
    case 0x0c:
      return DataSource::kLineFillBuffer;
    case 0x0d:
      return remote ? DataSource::kRemoteMemory : DataSource::kLocalMemory;
    case 0x0e:
      return DataSource::kPersistentMemory;
    default:
      return DataSource::kUnknown;
  }
}

// PERF_MEM_LVL_*. Of a miss the level is the one that did not have the data.
DataSource OfLevelBits(std::uint64_t level) {
  constexpr std::uint64_t kMiss = 0x04;
  if ((level & 0x80) != 0) return DataSource::kLocalMemory;
  if ((level & 0x300) != 0) return DataSource::kRemoteMemory;
  if ((level & 0xc00) != 0) return DataSource::kRemoteCache;
  if ((level & 0x3000) != 0) return DataSource::kUncached;
  if ((level & kMiss) != 0) return DataSource::kUnknown;
  if ((level & 0x08) != 0) return DataSource::kL1;
  if ((level & 0x10) != 0) return DataSource::kLineFillBuffer;
  if ((level & 0x20) != 0) return DataSource::kL2;
  if ((level & 0x40) != 0) return DataSource::kL3;
  return DataSource::kUnknown;
}

}  // namespace

DataSource DataSourceOf(std::uint64_t perf_mem_data_src) {
  const bool remote = ((perf_mem_data_src >> kRemoteShift) & 1) != 0;
  const DataSource source = OfLevelNumber((perf_mem_data_src >> kLevelNumberShift) & 0xf, remote);
  if (source != DataSource::kUnknown) return source;
  return OfLevelBits((perf_mem_data_src >> kLevelShift) & 0x3fff);
}

std::string_view Name(DataSource source) {
  static constexpr std::string_view kNames[kDataSources] = {
      "unknown",    "l1",           "line_fill_buffer",
      "l2",         "l3",           "l4",
      "any_cache",  "local_memory", "persistent_memory",
      "cxl_memory", "remote_cache", "remote_memory",
      "uncached"};
  return kNames[static_cast<std::size_t>(source)];
}

}  // namespace heimdallr::analysis
