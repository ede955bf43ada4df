#include "report/group_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "analysis/code_names.h"
#include "analysis/names.h"
#include "analysis/object_statistics.h"

namespace heimdallr::report {

GroupTable::Key GroupTable::KeyOf(const analysis::ObjectRow& row) {
  return {row.type, row.call, row.name, row.site ? row.site->module : row.module,
          row.site ? row.site->offset : 0};
}

std::int32_t GroupTable::Add(analysis::ObjectRow row,
                             const analysis::AccessQuantities& quantities) {
  const auto [entry, is_new] =
      ids_.try_emplace(KeyOf(row), static_cast<std::int32_t>(groups_.size()));
  if (is_new) {
    row.quantities = quantities;
    groups_.push_back({.row = std::move(row), .key = {}});
    return entry->second;
  }
  analysis::ObjectRow& all = groups_[static_cast<std::size_t>(entry->second)].row;
  const auto count = static_cast<double>(all.count + row.count);
  if (count > 0) {
    all.mean_lifetime_ns = (all.mean_lifetime_ns * static_cast<double>(all.count) +
                            row.mean_lifetime_ns * static_cast<double>(row.count)) /
                           count;
  }
  all.count += row.count;
  all.bytes += row.bytes;
  all.quantities.Merge(quantities);
  return entry->second;
}

std::int32_t GroupTable::OfSite(analysis::ObjectType type, AllocationCall call,
                                const analysis::CodeName& site) const {
  const auto found = ids_.find(Key{type, call, site.Text(), site.module, site.offset});
  return found == ids_.end() ? kNone : found->second;
}

// Neither addresses nor process ids, which change from run to run; several calls of one line are
// numbered in their order.
void GroupTable::MakeKeys() {
  absl::flat_hash_map<std::string, int> used;
  for (ReportGroup& group : groups_) {
    const analysis::ObjectRow& row = group.row;
    const std::string& module = row.site ? row.site->module : row.module;
    group.key = fmt::format("{} {} {} {}", analysis::Name(row.type), analysis::Name(row.call),
                            analysis::FileName(module), row.name);
    if (const int before = used[group.key]++; before != 0) {
      group.key += fmt::format(" #{}", before + 1);
    }
  }
  std::vector<analysis::ObjectRow*> rows;
  rows.reserve(groups_.size());
  for (ReportGroup& group : groups_) rows.push_back(&group.row);
  TellApart(rows);
}

// After the keys, which number equal names in the order in which they were found.
void GroupTable::Sort() {
  std::vector<std::size_t> order(groups_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return groups_[a].row.quantities.records() > groups_[b].row.quantities.records();
  });
  std::vector<std::int32_t> place(groups_.size());
  std::vector<ReportGroup> sorted;
  sorted.reserve(groups_.size());
  for (const std::size_t from : order) {
    place[from] = static_cast<std::int32_t>(sorted.size());
    sorted.push_back(std::move(groups_[from]));
  }
  groups_ = std::move(sorted);
  for (std::int32_t& group : of_) {
    if (group != kNone) group = place[static_cast<std::size_t>(group)];
  }
  for (auto& [key, group] : ids_) group = place[static_cast<std::size_t>(group)];
}

}  // namespace heimdallr::report
