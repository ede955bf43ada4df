#include "perf/memory_access.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <limits>

namespace heimdallr::perf {
namespace {

constexpr std::uint64_t kOperationLoad = PERF_MEM_OP_LOAD << PERF_MEM_OP_SHIFT;
constexpr std::uint64_t kOperationStore = PERF_MEM_OP_STORE << PERF_MEM_OP_SHIFT;

}  // namespace

AccessKind KindOf(std::uint64_t data_source) {
  const bool loads = (data_source & kOperationLoad) != 0;
  const bool stores = (data_source & kOperationStore) != 0;
  if (loads && stores) return AccessKind::kLoadStore;
  if (loads) return AccessKind::kLoad;
  return stores ? AccessKind::kStore : AccessKind::kUnknown;
}

std::variant<AccessRecord, LossKind> AccessOf(const SampleRecord& sample,
                                              std::uint64_t sample_type) {
  const bool told = (sample_type & PERF_SAMPLE_DATA_SRC) != 0;
  const AccessKind kind = told ? KindOf(sample.data_source) : AccessKind::kUnknown;
  if (told && kind == AccessKind::kUnknown) return LossKind::kNotMemory;
  if (sample.address == 0) return LossKind::kNoDataAddress;
  constexpr std::uint64_t kLongest = std::numeric_limits<std::uint32_t>::max();
  return AccessRecord{
      .ip = sample.ip,
      .address = sample.address,
      .data_source = sample.data_source,
      .latency_cycles = static_cast<std::uint32_t>(std::min(sample.latency_cycles, kLongest)),
      .period = sample.period,
      .pid = sample.origin.pid,
      .tid = sample.origin.tid,
      .cpu = sample.origin.cpu,
      .kind = kind};
}

}  // namespace heimdallr::perf
