#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <tuple>

#include "analysis/profile_rows.h"

namespace heimdallr::analysis {
namespace {

// In the order of RowOrder.
constexpr std::string_view kNames[] = {"accesses", "time",    "loads",    "stores", "records",
                                       "faults",   "latency", "threads",  "name",   "size",
                                       "bytes",    "count",   "lifetime", "density"};

double MeanLatency(const AccessQuantities& q) {
  if (q.latency_records == 0) return 0;
  return static_cast<double>(q.latency_cycles) / static_cast<double>(q.latency_records);
}

double ValueOf(const AccessQuantities& q, RowOrder order) {
  switch (order) {
    case RowOrder::kAccesses:
      return q.estimated();
    case RowOrder::kTime:
      return q.time_ns;
    case RowOrder::kLoads:
      return q.estimated_loads;
    case RowOrder::kStores:
      return q.estimated_stores;
    case RowOrder::kRecords:
      return static_cast<double>(q.records());
    case RowOrder::kFaults:
      return static_cast<double>(q.faults);
    case RowOrder::kLatency:
      return MeanLatency(q);
    case RowOrder::kThreads:
      return static_cast<double>(q.threads.size());
    default:
      return 0;
  }
}

double ValueOf(const CodeRow& row, RowOrder order) { return ValueOf(row.quantities, order); }

double ValueOf(const ObjectRow& row, RowOrder order) {
  switch (order) {
    case RowOrder::kSize:
      return static_cast<double>(row.mean_size());
    case RowOrder::kBytes:
      return static_cast<double>(row.bytes);
    case RowOrder::kCount:
      return static_cast<double>(row.count);
    case RowOrder::kLifetime:
      return row.mean_lifetime_ns;
    case RowOrder::kDensity:
      return row.accesses_per_byte();
    default:
      return ValueOf(row.quantities, order);
  }
}

// By name, and what tells equal names apart.
bool NameLess(const ObjectRow& a, const ObjectRow& b) {
  return std::tie(a.name, a.pid, a.address, a.start_ns) <
         std::tie(b.name, b.pid, b.address, b.start_ns);
}
bool NameLess(const CodeRow& a, const CodeRow& b) {
  return std::tie(a.name.function, a.name.file, a.name.line, a.name.module, a.name.offset) <
         std::tie(b.name.function, b.name.file, b.name.line, b.name.module, b.name.offset);
}

template <typename Row>
void Sort(std::vector<Row>& rows, RowOrder order, std::size_t limit) {
  const auto kept = rows.begin() + static_cast<std::ptrdiff_t>(std::min(limit, rows.size()));
  std::partial_sort(rows.begin(), kept, rows.end(), [order](const Row& a, const Row& b) {
    const double value_a = ValueOf(a, order);
    const double value_b = ValueOf(b, order);
    return value_a != value_b ? value_a > value_b : NameLess(a, b);
  });
  rows.erase(kept, rows.end());
}

}  // namespace

std::optional<RowOrder> ParseRowOrder(std::string_view name) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<RowOrder>(found - std::begin(kNames));
}

bool IsOfObjects(RowOrder order) { return order >= RowOrder::kSize; }

std::string RowOrderNames(RowKind kind) {
  std::string names;
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kind == RowKind::kCode && IsOfObjects(static_cast<RowOrder>(i))) break;
    names += (i == 0 ? "" : ", ") + std::string(kNames[i]);
  }
  return names;
}

void SortRows(std::vector<ObjectRow>& rows, RowOrder order, std::size_t limit) {
  Sort(rows, order, limit);
}
void SortRows(std::vector<CodeRow>& rows, RowOrder order, std::size_t limit) {
  Sort(rows, order, limit);
}

}  // namespace heimdallr::analysis
