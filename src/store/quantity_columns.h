// The columns that every table of sums has at its end: loads .. threads.
#pragma once

#include <cstddef>
#include <optional>

#include "analysis/access_quantities.h"
#include "store/table_writer.h"

namespace heimdallr::store {

inline constexpr std::size_t kQuantityColumns = 13;

/// Adds a row of `head` and these columns.
template <typename... Head>
void AddQuantities(TableWriter& table, const analysis::AccessQuantities& q, const Head&... head) {
  const bool accessed = q.first_ns != analysis::AccessQuantities::kNever;
  table.Add(head..., q.loads, q.stores, q.load_stores, q.unknown, q.estimated_loads,
            q.estimated_stores, q.time_ns, q.faults, q.latency_records, q.latency_cycles,
            accessed ? std::optional(q.first_ns) : std::nullopt,
            accessed ? std::optional(q.last_ns) : std::nullopt, q.threads.size());
}

}  // namespace heimdallr::store
