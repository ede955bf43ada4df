#include "export/record_tables.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "analysis/allocation_chains.h"
#include "analysis/code_names.h"
#include "analysis/module_map.h"
#include "analysis/names.h"
#include "export/frame_text.h"
#include "export/named_chains.h"
#include "export/named_places.h"
#include "export/stream_words.h"

namespace heimdallr::exports {
namespace {

class LossRows {
 public:
  LossRows(const analysis::RecordSource& source, const Selection& selection, Words& words)
      : selection_(selection), words_(words), streams_(source.header(), words) {}

  [[nodiscard]] CellTexts Texts() const { return words_; }

  // Losses that concern no process are of every selection.
  absl::Status Add(const Record& record, RowWriter& rows, std::uint64_t& count) {
    const auto* loss = std::get_if<LossRecord>(&record);
    if (loss == nullptr || !selection_.time_ns.Contains(loss->time_ns)) return absl::OkStatus();
    if (loss->pid != 0 && !selection_.OfProcess(loss->pid)) return absl::OkStatus();
    const Cell row[] = {
        Cell::Number(loss->time_ns),
        Cell::NumberUnless0(loss->pid),
        Cell::NumberUnless0(loss->tid),
        Cell::TextUnlessEmpty(streams_[loss->stream]),
        Cell::Text(words_.IdOf(analysis::Name(loss->kind))),
        Cell::Number(loss->count),
        Cell::NumberUnless0(loss->duration_ns),
        Cell::Text(words_.IdOf(analysis::Meaning(loss->kind))),
    };
    ++count;
    return rows.Add(row);
  }

 private:
  const Selection& selection_;
  Words& words_;
  StreamWords streams_;
};

class PlacementRows {
 public:
  PlacementRows(const analysis::RecordSource& /*source*/, const Selection& selection, Words& words)
      : selection_(selection), words_(words) {}

  [[nodiscard]] CellTexts Texts() const { return words_; }

  absl::Status Add(const Record& record, RowWriter& rows, std::uint64_t& count) {
    const auto* placement = std::get_if<PlacementRecord>(&record);
    if (placement == nullptr || !Accepts(*placement)) return absl::OkStatus();
    const Cell row[] = {
        Cell::Number(placement->time_ns), Cell::Number(placement->pid),
        Cell::Number(placement->address), Cell::Number(placement->size),
        Cell::Number(placement->node),    Cell::Real(double{placement->weight}),
    };
    ++count;
    return rows.Add(row);
  }

 private:
  [[nodiscard]] bool Accepts(const PlacementRecord& record) const {
    return selection_.time_ns.Contains(record.time_ns) && selection_.OfProcess(record.pid) &&
           selection_.address.Overlaps(record.address, record.size);
  }

  const Selection& selection_;
  Words& words_;
};

class AllocationRows {
 public:
  AllocationRows(const analysis::RecordSource& source, const Selection& selection, Words& words)
      : selection_(selection),
        words_(words),
        memories_(256),
        names_(source.symbols(), modules_),
        places_(names_, words),
        chains_(modules_, [&source](std::uint32_t id) { return source.Stack(id); }),
        named_chains_(chains_.chains(), places_) {
    for (const MemoryInfo& memory : source.header().memories) {
      memories_[memory.id] = words.IdOf(memory.name);
    }
  }

  [[nodiscard]] CellTexts Texts() {
    return {words_, [this](std::uint32_t chain) {
              return StackText(named_chains_[chain], places_, words_);
            }};
  }

  absl::Status Add(const Record& record, RowWriter& rows, std::uint64_t& count) {
    if (const auto* mapping = std::get_if<MappingRecord>(&record)) modules_.Add(*mapping);
    if (const auto* process = std::get_if<ProcessRecord>(&record)) {
      modules_.Add(*process);
      chains_.Add(*process);
    }
    const auto* allocation = std::get_if<AllocationRecord>(&record);
    if (allocation == nullptr || !InRange(*allocation) || !Accepts(*allocation)) {
      return absl::OkStatus();
    }
    ++count;
    return Write(*allocation, rows);
  }

 private:
  struct Site {
    std::uint32_t function = 0;
    std::uint32_t file = 0;
    std::uint32_t line = 0;
    std::uint32_t module = 0;
  };

  [[nodiscard]] bool Accepts(const AllocationRecord& record) const {
    return selection_.time_ns.Contains(record.time_ns) && selection_.OfProcess(record.pid);
  }

  // A free names only where its block begins, so blocks that reach into the range are remembered.
  [[nodiscard]] bool InRange(const AllocationRecord& record) {
    const Range& range = selection_.address;
    if (record.address == 0) return range.Contains(record.old_address);
    const bool inside = range.Overlaps(record.address, record.size);
    const auto key = std::pair(record.pid, record.address);
    if (record.event == AllocationEvent::kDeallocate) return overhanging_.erase(key) != 0 || inside;
    if (inside && record.address < range.begin) overhanging_.insert(key);
    return inside;
  }

  const Site& SiteOf(std::uint32_t chain) {
    if (sites_.size() <= chain) sites_.resize(chains_.chains().size());
    Site& site = sites_[chain];
    if (site.function != 0) return site;
    const analysis::CodeName name = names_.SiteOf(chains_.chains().chain(chain));
    site = {.function = words_.IdOf(name.function),
            .file = words_.IdOf(name.file),
            .line = name.line,
            .module = words_.IdOf(name.module)};
    return site;
  }

  absl::Status Write(const AllocationRecord& record, RowWriter& rows) {
    const bool gives = record.event == AllocationEvent::kAllocate;
    const bool known = record.caller != 0 || record.stack != 0;
    const std::uint32_t chain = known ? chains_.IdOf(record) : 0;
    const Site site = known ? SiteOf(chain) : Site{};
    const Cell row[] = {
        Cell::Number(record.time_ns),
        Cell::Number(record.pid),
        Cell::Number(record.tid),
        Cell::Text(words_.IdOf(gives ? "allocation" : "deallocation")),
        Cell::Text(words_.IdOf(analysis::Name(record.call))),
        Cell::NumberUnless0(record.address),
        gives ? Cell::Number(record.size) : Cell::NumberUnless0(record.size),
        Cell::NumberUnless0(record.old_address),
        gives && record.address != 0 ? Cell::TextUnlessEmpty(memories_[record.memory]) : Cell{},
        Cell::NumberUnless0(record.caller),
        Cell::TextUnlessEmpty(site.function),
        Cell::TextUnlessEmpty(site.file),
        Cell::NumberUnless0(site.line),
        Cell::TextUnlessEmpty(site.module),
        known ? Cell::Stack(chain) : Cell{},
    };
    return rows.Add(row);
  }

  const Selection& selection_;
  Words& words_;
  std::vector<std::uint32_t> memories_;  // words by MemoryInfo::id; 0 = nothing was asked for
  analysis::ModuleMap modules_;
  analysis::CodeNames names_;
  NamedPlaces places_;
  analysis::AllocationChains chains_;
  NamedChains named_chains_;
  std::vector<Site> sites_;  // by chain; function 0: not named yet
  absl::flat_hash_set<std::pair<std::int32_t, std::uint64_t>> overhanging_;
};

template <typename Rows>
absl::StatusOr<Exported> WriteRows(analysis::RecordSource& source, const Selection& selection,
                                   const MakeRows& make_rows) {
  Words words;
  Rows rows(source, selection, words);
  auto writer = make_rows(rows.Texts());
  if (!writer.ok()) return writer.status();
  std::uint64_t count = 0;
  auto exported =
      ReadRecords(source, [&](const Record& record) { return rows.Add(record, **writer, count); });
  if (!exported.ok()) return exported;
  exported->rows = count;
  if (absl::Status status = (*writer)->Finish(); !status.ok()) return status;
  return exported;
}

}  // namespace

absl::StatusOr<Exported> WriteRecordTable(analysis::RecordSource& source, Table table,
                                          const Selection& selection, const MakeRows& make_rows) {
  if (table == Table::kLosses) return WriteRows<LossRows>(source, selection, make_rows);
  if (table == Table::kPlacements) return WriteRows<PlacementRows>(source, selection, make_rows);
  return WriteRows<AllocationRows>(source, selection, make_rows);
}

}  // namespace heimdallr::exports
