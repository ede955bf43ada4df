#include "report/plot_recording.h"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/access_profile.h"
#include "analysis/code_names.h"
#include "analysis/profile_rows.h"
#include "analysis/trace_statistics.h"
#include "report/access_survey.h"
#include "report/address_axis.h"
#include "report/process_index.h"
#include "report/touched_pages.h"

namespace heimdallr::report {
namespace {

using analysis::RecordSource;

bool Contains(const PlotRange& range, std::uint64_t value) {
  return value >= range.begin && value < range.end;
}

// Ends may be 2^64: no sum of an address and a size is made.
bool Overlaps(const PlotRange& range, std::uint64_t address, std::uint64_t size) {
  return address < range.end && (address >= range.begin || range.begin - address < size);
}

// The end of what is shown is outside of it.
std::uint64_t BehindLast(std::uint64_t last_ns) {
  return std::min(last_ns, std::numeric_limits<std::uint64_t>::max() - 1) + 1;
}

// Something the program accessed.
struct NamedObject {
  AxisObject extent;
  std::string label;
  std::uint64_t accesses = 0;
};

bool Shows(const PlotOptions& options, const AccessRecord& access) {
  return Contains(options.time_ns, access.time_ns) && Contains(options.address, access.address);
}

// What the first reading finds: where the accesses lie, and names for that.
struct Surveyed {
  std::vector<PageRange> touched;
  std::vector<NamedObject> objects;
  std::uint64_t end_ns = 0;
  std::uint64_t accesses = 0;
  absl::Status end;
  TraceExtent extent;
};

// Names of objects come from whoever wrote the program: only printable ASCII reaches the terminal.
std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::string LabelOf(const analysis::ObjectRow& row) {
  if (!row.site) return Printable(row.name);
  const analysis::CodeName& site = *row.site;
  const std::string place = site.file.empty() ? std::string()
                                              : std::string(analysis::FileName(site.file)) + ":" +
                                                    std::to_string(site.line);
  return Printable(place.empty() ? row.name : place);
}

// Memory that is mapped may be far larger than what of it is used.
AxisObject::Extent ExtentOf(analysis::ObjectType type) {
  const bool whole = type == analysis::ObjectType::kHeap || type == analysis::ObjectType::kGlobal;
  return whole ? AxisObject::Extent::kWhole : AxisObject::Extent::kTouched;
}

std::vector<NamedObject> ObjectsOf(const analysis::AccessProfile& profile, const Symbols& symbols,
                                   const PlotOptions& options, ProcessIndex& processes) {
  const analysis::CodeNames names(symbols, profile.modules());
  std::vector<NamedObject> objects;
  for (const analysis::ObjectRow& row : ObjectRows(profile, names, analysis::ObjectBy::kObject)) {
    const bool shown = Overlaps(options.address, row.address, row.bytes) &&
                       row.start_ns < options.time_ns.end &&
                       row.end_ns.value_or(options.time_ns.end) >= options.time_ns.begin;
    if (row.merged || row.bytes == 0 || !shown) continue;
    objects.push_back({.extent = {.process = processes.Of(row.pid, row.start_ns),
                                  .address = row.address,
                                  .size = row.bytes,
                                  .extent = ExtentOf(row.type)},
                       .label = LabelOf(row),
                       .accesses = row.quantities.records()});
  }
  return objects;
}

Surveyed Survey(RecordSource& source, const PlotOptions& options, ProcessIndex& processes) {
  Surveyed found;
  TouchedPages touched;
  analysis::AccessProfile profile(source.header(), source.symbols(),
                                  [&source](std::uint32_t id) { return source.Stack(id); });
  auto record = source.Next();
  for (; record.ok() && *record != nullptr; record = source.Next()) {
    profile.Add(**record);
    if (const auto* process = std::get_if<ProcessRecord>(*record)) processes.Add(*process);
    const auto* access = std::get_if<AccessRecord>(*record);
    if (access == nullptr) continue;
    ++found.accesses;
    if (Shows(options, *access)) {
      touched.Add(processes.Of(access->pid, access->time_ns), access->address);
    }
  }
  profile.Finish();
  found.touched = touched.Ranges();
  found.end = record.status();
  found.extent = source.extent();
  found.end_ns = profile.totals().end_ns;
  found.objects = ObjectsOf(profile, source.symbols(), options, processes);
  return found;
}

AddressAxis AxisOf(const Surveyed& surveyed) {
  std::vector<AxisObject> extents;
  for (const NamedObject& object : surveyed.objects) extents.push_back(object.extent);
  return {surveyed.touched, extents};
}

// For each piece the object with the most accesses in it.
std::vector<std::string> LabelsOf(const AddressAxis& axis,
                                  const std::vector<NamedObject>& objects) {
  std::vector<std::string> labels(axis.pieces().size());
  std::vector<std::uint64_t> most(axis.pieces().size());
  for (const NamedObject& object : objects) {
    const auto first = axis.PieceOf(object.extent.process, object.extent.address);
    if (!first) continue;
    for (std::size_t i = *first; i < axis.pieces().size(); ++i) {
      const AxisPiece& piece = axis.pieces()[i];
      const AxisObject& extent = object.extent;
      const bool overlaps =
          piece.process == extent.process &&
          (piece.address <= extent.address || piece.address - extent.address < extent.size);
      if (!overlaps) break;
      if (object.accesses > most[i]) {
        most[i] = object.accesses;
        labels[i] = object.label;
      }
    }
  }
  return labels;
}

std::vector<PlotBand> BandsOf(const AddressAxis& axis, const std::vector<NamedObject>& objects,
                              std::size_t rows) {
  const auto row_of = [rows](std::uint64_t at) {
    return static_cast<std::size_t>(at * rows / AddressAxis::kLength);
  };
  const std::vector<std::string> labels = LabelsOf(axis, objects);
  std::vector<PlotBand> bands;
  for (std::size_t i = 0; i < axis.pieces().size(); ++i) {
    const std::uint32_t end =
        i + 1 < axis.pieces().size() ? axis.pieces()[i + 1].start : AddressAxis::kLength;
    const std::size_t first_row = row_of(axis.pieces()[i].start);
    const std::size_t end_row = std::max(first_row + 1, row_of(end));
    // What lies in several pieces is one band.
    if (!bands.empty() && bands.back().label == labels[i]) {
      bands.back().end_row = end_row;
    } else {
      bands.push_back({.first_row = first_row, .end_row = end_row, .label = labels[i]});
    }
  }
  return bands;
}

// Puts the records of the second reading into the picture.
class Painter {
 public:
  Painter(const TraceHeader& header, const AddressAxis& axis, const PlotOptions& options,
          ProcessIndex& processes, PlottedRecording& result)
      : axis_(axis), options_(options), processes_(processes), result_(result), memory_(header) {}

  void Add(const Record& record) {
    if (const auto* access = std::get_if<AccessRecord>(&record)) {
      AddAccess(*access);
      return;
    }
    memory_.Add(record);
    if (std::holds_alternative<AllocationRecord>(record)) NoteHeap(TimeNs(record));
  }

  // What was live after the last event stays so.
  void Finish() { NoteHeap(result_.plot.end_ns == 0 ? 0 : result_.plot.end_ns - 1); }

 private:
  [[nodiscard]] std::size_t ColumnOf(std::uint64_t time_ns, std::size_t columns) const {
    const TerminalPlot& plot = result_.plot;
    const double share = static_cast<double>(time_ns - plot.begin_ns) /
                         static_cast<double>(plot.end_ns - plot.begin_ns);
    return std::min(columns - 1, static_cast<std::size_t>(share * static_cast<double>(columns)));
  }

  void AddAccess(const AccessRecord& access) {
    if (!Shows(options_, access)) return;
    const AddressAxis::Place place =
        axis_.PlaceOf(processes_.Of(access.pid, access.time_ns), access.address);
    DensityGrid& grid = result_.plot.grid;
    const std::size_t row =
        static_cast<std::size_t>(std::uint64_t{place.position} * grid.rows / AddressAxis::kLength);
    const std::size_t at = row * grid.columns + ColumnOf(access.time_ns, grid.columns);
    ++result_.accesses;
    if (CountsAsLoad(access.kind)) ++grid.loads[at], ++result_.loads;
    if (CountsAsStore(access.kind)) ++grid.stores[at], ++result_.stores;
    if (CountsAsUnknown(access.kind)) ++grid.unknown[at], ++result_.unknown;
  }

  // Fills up to the column of `time_ns` with the size before, and notes the size now.
  void NoteHeap(std::uint64_t time_ns) {
    std::vector<std::uint64_t>& heap = result_.plot.heap_bytes;
    const std::uint64_t now = memory_.allocations().heap().live_bytes;
    if (time_ns >= result_.plot.begin_ns && time_ns < result_.plot.end_ns && !heap.empty()) {
      const std::size_t column = ColumnOf(time_ns, heap.size());
      for (; heap_column_ <= column; ++heap_column_) heap[heap_column_] = live_bytes_;
      heap[column] = std::max(heap[column], now);
    }
    live_bytes_ = now;
  }

  const AddressAxis& axis_;
  const PlotOptions& options_;
  ProcessIndex& processes_;
  PlottedRecording& result_;
  analysis::TraceStatistics memory_;
  std::size_t heap_column_ = 0;
  std::uint64_t live_bytes_ = 0;
};

}  // namespace

absl::StatusOr<PlottedRecording> PlotRecording(const analysis::OpenRecords& open,
                                               const PlotOptions& options) {
  auto source = open();
  if (!source.ok()) return source.status();
  ProcessIndex processes;
  const Surveyed surveyed = Survey(**source, options, processes);
  const AddressAxis axis = AxisOf(surveyed);
  source = open();
  if (!source.ok()) return source.status();

  DensityGrid grid(options.columns * DotsAcross(options.glyphs),
                   options.lines * DotsDown(options.glyphs));
  PlottedRecording result{
      .plot = {.grid = std::move(grid),
               .bands = {},
               .begin_ns = std::min(options.time_ns.begin, surveyed.end_ns),
               .end_ns = std::min(options.time_ns.end, BehindLast(surveyed.end_ns)),
               .heap_bytes = {},
               .glyphs = options.glyphs,
               .ink = options.ink},
      .accesses_in_all = surveyed.accesses,
      .end = surveyed.end,
      .extent = surveyed.extent};
  result.plot.bands = BandsOf(axis, surveyed.objects, result.plot.grid.rows);
  if ((*source)->header().allocations) result.plot.heap_bytes.resize(options.columns);
  Painter painter((*source)->header(), axis, options, processes, result);
  auto record = (*source)->Next();
  for (; record.ok() && *record != nullptr; record = (*source)->Next()) painter.Add(**record);
  painter.Finish();
  return result;
}

}  // namespace heimdallr::report
