#include "store/summary_rows.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "analysis/code_names.h"
#include "analysis/profile_rows.h"
#include "store/quantity_columns.h"
#include "store/table_writer.h"

namespace heimdallr::store {
namespace {

using analysis::CodePlace;
using analysis::ObjectType;

bool HasChain(ObjectType type) { return type == ObjectType::kHeap || type == ObjectType::kMapping; }

class SumWriter {
 public:
  SumWriter(Connection& connection, std::int64_t repetition, const RecordingSums& sums,
            PlaceRows& places)
      : connection_(connection), repetition_(repetition), sums_(sums), places_(places) {}

  absl::Status AddGroups(const Symbols& symbols, std::int64_t first_group) {
    auto groups = TableWriter::Create(connection_, "object_groups", 11 + kQuantityColumns);
    if (!groups.ok()) return groups.status();
    auto frames = TableWriter::Create(connection_, "group_frames", 3);
    if (!frames.ok()) return frames.status();
    const analysis::CodeNames names(symbols, sums_.profile.modules());
    const std::vector<analysis::ObjectRow> rows = GroupRows(sums_.profile, names);
    const auto& known = sums_.profile.objects().table().groups();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const analysis::ObjectRow& row = rows[i];
      const std::int64_t id = first_group + static_cast<std::int64_t>(i);
      std::optional<std::int64_t> site;
      if (HasChain(row.type)) site = AddChain(id, known[i].key.place, row, *frames);
      AddQuantities(*groups, row.quantities, id, repetition_, row.type, row.call, row.name, site,
                    row.module, row.count, row.bytes, known[i].live, row.mean_lifetime_ns);
    }
    return connection_.noted();
  }

  absl::Status AddUnmatched() {
    auto table = TableWriter::Create(connection_, "unmatched", 2 + kQuantityColumns);
    if (!table.ok()) return table.status();
    for (std::size_t i = 0; i < analysis::kUnmatchedReasons; ++i) {
      const auto& quantities =
          sums_.profile.objects().unmatched(static_cast<analysis::Unmatched>(i));
      if (!quantities.none()) AddQuantities(*table, quantities, repetition_, i);
    }
    return connection_.noted();
  }

  absl::Status AddInstructions() {
    auto table = TableWriter::Create(connection_, "instructions", 1 + kQuantityColumns);
    if (!table.ok()) return table.status();
    for (const auto& instruction : sums_.profile.code().instructions()) {
      AddQuantities(*table, instruction.quantities, places_.PlaceId(instruction.place));
    }
    return connection_.noted();
  }

  absl::Status AddSites() {
    auto table = TableWriter::Create(connection_, "sites", 11);
    if (!table.ok()) return table.status();
    for (const analysis::AllocationSite& site : sums_.allocations.sites()) {
      // A site is where the call returns to; its place is the call.
      const std::uint64_t call = site.location.offset - (site.location.offset == 0 ? 0 : 1);
      const CodePlace place{site.location.module, 0, call};
      table->Add(std::nullopt, repetition_, places_.PlaceId(place), site.call, site.allocations,
                 site.bytes, site.live_blocks, site.live_bytes, site.peak_live_bytes,
                 site.left_blocks, site.left_bytes);
    }
    return connection_.noted();
  }

  absl::Status AddProcesses() {
    auto table = TableWriter::Create(connection_, "processes", 20);
    if (!table.ok()) return table.status();
    for (const analysis::ProcessInfo& p : sums_.processes.processes()) {
      using Figure = std::optional<std::uint64_t>;
      const auto& s = p.statistics;
      table->Add(std::nullopt, repetition_, p.pid,
                 p.parent_pid != 0 ? std::optional(p.parent_pid) : std::nullopt, p.command,
                 p.executable, p.start_ns, p.exit_ns, p.execs, p.threads, p.attached, p.accesses,
                 p.allocations, p.allocated_bytes, s ? Figure(s->wall_ns) : std::nullopt,
                 s ? Figure(s->user_ns) : std::nullopt, s ? Figure(s->system_ns) : std::nullopt,
                 s ? Figure(s->max_rss_bytes) : std::nullopt,
                 s ? std::optional(s->exit_code) : std::nullopt,
                 s ? std::optional(s->exit_signal) : std::nullopt);
    }
    return connection_.noted();
  }

  absl::Status AddHeat() {
    auto table = TableWriter::Create(connection_, "heat", 7);
    if (!table.ok()) return table.status();
    const HeatCells::Cells& cells = sums_.heat.cells();
    std::vector<std::pair<HeatCells::Key, HeatCells::Cell>> sorted(cells.begin(), cells.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key, cell] : sorted) {
      table->Add(repetition_, key.pid, key.page, key.time, cell.loads, cell.stores, cell.unknown);
    }
    return connection_.noted();
  }

 private:
  // Returns the place of the group's site.
  std::optional<std::int64_t> AddChain(std::int64_t group, std::uint32_t chain,
                                       const analysis::ObjectRow& row, TableWriter& frames) {
    const std::vector<CodePlace> places = sums_.profile.objects().map().chain(chain);
    std::optional<std::int64_t> site;
    for (std::size_t depth = 0; depth < places.size(); ++depth) {
      const std::int64_t place = places_.PlaceId(places[depth]);
      frames.Add(group, depth, place);
      if (row.site && !site && IsAt(places[depth], *row.site)) site = place;
    }
    return site;
  }

  // A site is where the call returns to; its place is the byte before.
  [[nodiscard]] bool IsAt(const CodePlace& place, const analysis::CodeName& site) const {
    if (site.offset != place.offset + 1) return false;
    if (place.module == 0) return site.module.empty();
    return site.module == sums_.profile.modules().module(place.module).path;
  }

  Connection& connection_;
  std::int64_t repetition_;
  const RecordingSums& sums_;
  PlaceRows& places_;
};

}  // namespace

absl::Status AddSums(Connection& connection, std::int64_t repetition, std::int64_t first_group,
                     const Symbols& symbols, const RecordingSums& sums, PlaceRows& places) {
  SumWriter writer(connection, repetition, sums, places);
  absl::Status status = writer.AddGroups(symbols, first_group);
  status.Update(writer.AddUnmatched());
  status.Update(writer.AddInstructions());
  status.Update(writer.AddSites());
  status.Update(writer.AddProcesses());
  status.Update(writer.AddHeat());
  return status;
}

}  // namespace heimdallr::store
