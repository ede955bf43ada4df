#include "heimdallr/object_profile.h"

#include <limits>
#include <utility>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "analysis/names.h"
#include "analysis/profile_rows.h"

namespace heimdallr {
namespace {

ObjectSite SiteOf(analysis::ObjectRow row) {
  const analysis::AccessQuantities& q = row.quantities;
  ObjectSite site{.name = std::move(row.name),
                  .type = std::string(analysis::Name(row.type)),
                  .call = row.call,
                  .count = row.count,
                  .bytes = row.bytes,
                  .loads = q.loads,
                  .stores = q.stores,
                  .load_stores = q.load_stores,
                  .estimated_loads = q.estimated_loads,
                  .estimated_stores = q.estimated_stores,
                  .time_ns = q.time_ns,
                  .faults = q.faults,
                  .threads = q.threads.size()};
  if (row.site) {
    site.function = std::move(row.site->function);
    site.file = std::move(row.site->file);
    site.line = row.site->line;
  }
  if (q.latency_records != 0) {
    site.mean_latency_cycles =
        static_cast<double>(q.latency_cycles) / static_cast<double>(q.latency_records);
  }
  return site;
}

}  // namespace

absl::StatusOr<ObjectProfile> ProfileObjects(TraceReader& reader) {
  analysis::AccessProfile profile(reader.header(), reader.symbols(),
                                  [&reader](std::uint32_t id) { return reader.Stack(id); });
  while (true) {
    const auto record = reader.Next();
    if (!record.ok()) return record.status();
    if (*record == nullptr) break;
    profile.Add(**record);
  }
  profile.Finish();

  const analysis::CodeNames names(reader.symbols(), profile.modules());
  auto rows = ObjectRows(profile, names, analysis::ObjectBy::kSite);
  SortRows(rows, analysis::RowOrder::kAccesses, std::numeric_limits<std::size_t>::max());
  ObjectProfile result{.sites = {}, .accesses = profile.totals().accesses.records()};
  for (std::size_t i = 1; i < analysis::kUnmatchedReasons; ++i) {
    const auto reason = static_cast<analysis::Unmatched>(i);
    result.unmatched_accesses += profile.objects().unmatched(reason).records();
  }
  for (analysis::ObjectRow& row : rows) result.sites.push_back(SiteOf(std::move(row)));
  return result;
}

}  // namespace heimdallr
