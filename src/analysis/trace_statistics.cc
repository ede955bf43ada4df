#include "analysis/trace_statistics.h"

#include <algorithm>
#include <variant>

#include "analysis/names.h"

namespace heimdallr::analysis {

void TraceStatistics::Add(const Record& record) {
  ++records_;
  std::visit(
      [this](const auto& r) {
        last_time_ns_ = std::max(last_time_ns_, r.time_ns);
        On(r);
      },
      record);
}

void TraceStatistics::On(const AccessRecord& record) {
  accesses_.Add(record);
  ++processes_.Of(record.pid).accesses;
}

void TraceStatistics::On(const AllocationRecord& record) {
  allocations_.Add(record);
  served_.Add(record);
  if (record.event != AllocationEvent::kAllocate || record.address == 0) return;
  if (MapsMemory(record.call)) return;
  ProcessInfo& process = processes_.Of(record.pid);
  ++process.allocations;
  process.allocated_bytes += record.size;
}

void TraceStatistics::On(const MappingRecord& record) {
  ++mappings_;
  modules_.Add(record);
}

void TraceStatistics::On(const ProcessRecord& record) {
  processes_.Add(record);
  allocations_.Add(record);
  modules_.Add(record);
}

}  // namespace heimdallr::analysis
