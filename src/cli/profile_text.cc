#include "cli/profile_text.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "analysis/names.h"
#include "base/printable.h"
#include "cli/append.h"
#include "cli/plain_text.h"
#include "cli/text_table.h"

namespace heimdallr::cli {
namespace {

using analysis::AccessQuantities;
using analysis::CodeRow;
using analysis::DataSource;
using analysis::ObjectRow;

constexpr std::size_t kNameWidth = 64;

// Columns that only some sources fill.
struct Columns {
  bool time = false;
  bool faults = false;
  bool latency = false;
  bool sources = false;
  // Of objects alone.
  bool pages = false;
  bool touches = false;
};

Columns ColumnsFor(const ProfileFigures& figures) {
  const AccessQuantities& all = figures.all;
  return {.time = all.time_ns > 0,
          .faults = all.faults != 0,
          .latency = all.latency_records != 0,
          .sources = !all.data_sources.empty()};
}

Columns ColumnsFor(const std::vector<ObjectRow>& rows, const ProfileFigures& figures) {
  Columns columns = ColumnsFor(figures);
  for (const ObjectRow& row : rows) {
    columns.pages = columns.pages || !row.nodes.pages.empty();
    columns.touches = columns.touches || !row.nodes.touching_cpus.empty();
  }
  return columns;
}

// A table whose columns are given with their heads.
class HeadedTable {
 public:
  void Column(Align align, std::string head) {
    aligns_.push_back(align);
    heads_.push_back(std::move(head));
  }
  [[nodiscard]] TextTable Begin() const {
    TextTable table(aligns_);
    table.AddRow(heads_);
    return table;
  }

 private:
  std::vector<Align> aligns_;
  std::vector<std::string> heads_;
};

// The three most frequent, in percent.
std::string Sources(const AccessQuantities& q) {
  std::array<std::pair<std::uint64_t, DataSource>, analysis::kDataSources> counts;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto source = static_cast<DataSource>(i);
    counts[i] = {q.data_sources.count(source), source};
    all += counts[i].first;
  }
  std::sort(counts.rbegin(), counts.rend());
  std::string text;
  for (std::size_t i = 0; i < 3 && counts[i].first != 0; ++i) {
    text += fmt::format("{}{} {:.0f} %", i == 0 ? "" : ", ", analysis::Name(counts[i].second),
                        100 * static_cast<double>(counts[i].first) / static_cast<double>(all));
  }
  return text;
}

// "0: 98 %, 2: 2 %", the largest three of the amounts by their numbers.
template <typename Key, typename Amount>
std::string Shares(const analysis::AmountsBy<Key, Amount>& amounts, double whole) {
  auto entries = amounts.entries();
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < entries.size() && i < 3; ++i) {
    text += fmt::format("{}{}: {:.0f} %", i == 0 ? "" : ", ", entries[i].first,
                        100 * static_cast<double>(entries[i].second) / whole);
  }
  return entries.size() > 3 ? text + ", ..." : text;
}

// "node 0: 100 %; CPU 3: 98 %, 1: 2 %; thread 4711: 98 %, 4712: 2 %"
std::string FirstTouch(const analysis::NodeFigures& nodes) {
  if (nodes.touching_cpus.empty()) return {};
  const auto all = static_cast<double>(nodes.touching_cpus.sum());
  std::string text;
  if (!nodes.touching_nodes.empty()) {
    text = fmt::format("node {}; ", Shares(nodes.touching_nodes, all));
  }
  return text + fmt::format("CPU {}; thread {}", Shares(nodes.touching_cpus, all),
                            Shares(nodes.touching_threads, all));
}

void AddShareHeads(const Columns& columns, HeadedTable& table) {
  table.Column(Align::kRight, "of accesses");
  if (columns.time) table.Column(Align::kRight, "of time");
  table.Column(Align::kRight, "loads");
  table.Column(Align::kRight, "stores");
  table.Column(Align::kRight, "est. loads");
  table.Column(Align::kRight, "est. stores");
}

void AddOtherHeads(const Columns& columns, HeadedTable& table) {
  table.Column(Align::kRight, "threads");
  if (columns.faults) table.Column(Align::kRight, "faults");
  if (columns.latency) table.Column(Align::kRight, "latency");
  if (columns.sources) table.Column(Align::kLeft, "data from");
}

void AddShareCells(const AccessQuantities& q, const Columns& columns, const ProfileFigures& figures,
                   std::vector<std::string>& cells) {
  cells.push_back(Percent(q.estimated(), figures.all.estimated()));
  if (columns.time) cells.push_back(Percent(q.time_ns, figures.time_ns));
  cells.push_back(Grouped(q.loads + q.load_stores));
  cells.push_back(Grouped(q.stores + q.load_stores));
  cells.push_back(Scaled(q.estimated_loads));
  cells.push_back(Scaled(q.estimated_stores));
}

void AddOtherCells(const AccessQuantities& q, const Columns& columns,
                   std::vector<std::string>& cells) {
  cells.push_back(std::to_string(q.threads.size()));
  if (columns.faults) cells.push_back(q.faults == 0 ? "" : Grouped(q.faults));
  if (columns.latency) {
    cells.push_back(q.latency_records == 0
                        ? ""
                        : fmt::format("{:.0f}", static_cast<double>(q.latency_cycles) /
                                                    static_cast<double>(q.latency_records)));
  }
  if (columns.sources) cells.push_back(Sources(q));
}

// "4712 B x" of many is a mean.
std::string Size(const ObjectRow& row) {
  return (row.merged && row.count > 1 ? "~" : "") + Bytes(row.mean_size());
}

std::string NameOf(const ObjectRow& row) {
  std::string name = base::Printable(row.name);
  if (row.site && row.type == analysis::ObjectType::kFile) {
    name += " mapped by " + base::Printable(row.site->Text());
  }
  return CutInTheMiddle(name, kNameWidth);
}

void AppendObjectTable(const std::vector<ObjectRow>& rows, const ProfileFigures& figures,
                       fmt::memory_buffer& out) {
  const Columns columns = ColumnsFor(rows, figures);
  HeadedTable heads;
  AddShareHeads(columns, heads);
  for (const char* head : {"per byte", "size", "count", "lifetime"}) {
    heads.Column(Align::kRight, head);
  }
  AddOtherHeads(columns, heads);
  if (columns.pages) heads.Column(Align::kLeft, "pages on node");
  if (columns.touches) heads.Column(Align::kLeft, "first touch by");
  for (const char* head : {"type", "call", "object"}) heads.Column(Align::kLeft, head);
  TextTable table = heads.Begin();
  for (const ObjectRow& row : rows) {
    std::vector<std::string> cells;
    AddShareCells(row.quantities, columns, figures, cells);
    cells.push_back(Scaled(row.accesses_per_byte()));
    cells.push_back(Size(row));
    cells.push_back(Grouped(row.count));
    cells.push_back(Duration(static_cast<std::uint64_t>(std::max(0.0, row.mean_lifetime_ns))));
    AddOtherCells(row.quantities, columns, cells);
    if (columns.pages) cells.push_back(Shares(row.nodes.pages, row.nodes.pages.sum()));
    if (columns.touches) cells.push_back(FirstTouch(row.nodes));
    cells.emplace_back(Name(row.type));
    cells.emplace_back(row.site ? analysis::Name(row.call) : "");
    cells.push_back(NameOf(row) + (row.merged ? "" : fmt::format(" at {:#x}", row.address)));
    table.AddRow(std::move(cells));
  }
  table.AppendTo(out, 2);
}

void AppendCodeTable(const std::vector<CodeRow>& rows, const ProfileFigures& figures,
                     fmt::memory_buffer& out) {
  const Columns columns = ColumnsFor(figures);
  HeadedTable heads;
  AddShareHeads(columns, heads);
  AddOtherHeads(columns, heads);
  heads.Column(Align::kLeft, "module");
  heads.Column(Align::kLeft, "code");
  TextTable table = heads.Begin();
  for (const CodeRow& row : rows) {
    std::vector<std::string> cells;
    AddShareCells(row.quantities, columns, figures, cells);
    AddOtherCells(row.quantities, columns, cells);
    cells.push_back(
        CutInTheMiddle(base::Printable(analysis::FileName(row.name.module)), kNameWidth / 2));
    cells.push_back(CutInTheMiddle(base::Printable(row.name.Text()), kNameWidth));
    table.AddRow(std::move(cells));
  }
  table.AppendTo(out, 2);
}

std::string_view Words(analysis::Unmatched reason) {
  switch (reason) {
    case analysis::Unmatched::kProcessUnknown:
      return "of a process that is not known";
    case analysis::Unmatched::kNullPage:
      return "near address 0";
    case analysis::Unmatched::kNotMapped:
      return "where nothing is known to be mapped";
    case analysis::Unmatched::kBetweenBlocks:
      return "in the heap between blocks: freed, or the allocator's own";
    case analysis::Unmatched::kNone:
      break;
  }
  return "for no reason";
}

void AppendUnmatchedText(const ProfileFigures& figures, fmt::memory_buffer& out) {
  const AccessQuantities sum = figures.AllUnmatched();
  Append(out, "Without an object: {} of {} ({})", Grouped(sum.records()),
         Count(figures.all.records(), "access", "accesses"),
         Percent(static_cast<double>(sum.records()), static_cast<double>(figures.all.records())));
  std::string_view separator = ": ";
  for (std::size_t i = 1; i < figures.unmatched.size(); ++i) {
    const std::uint64_t records = figures.unmatched[i].records();
    if (records == 0) continue;
    Append(out, "{}{} {}", std::exchange(separator, "; "), Grouped(records),
           Words(static_cast<analysis::Unmatched>(i)));
  }
  out.push_back('\n');
}

void AppendHead(std::string_view what, const std::string& path, const ProfileFigures& figures,
                fmt::memory_buffer& out) {
  Append(out, "{} of {}: {} in {}", what, base::Printable(path),
         Count(figures.all.records(), "sampled access", "sampled accesses"),
         Count(figures.ticks, "tick", "ticks"));
  if (figures.time_ns > 0) {
    Append(out, ", {} of CPU time", Duration(static_cast<std::uint64_t>(figures.all.time_ns)));
  }
  if (figures.ticks_without_access != 0 && figures.ticks != 0) {
    Append(out, "; {} further ticks, {} of the time, gave no access and are in no row",
           Grouped(figures.ticks_without_access),
           Percent(figures.time_ns - figures.all.time_ns, figures.time_ns));
  }
  out.push_back('\n');
}

void AppendMore(std::size_t shown, std::size_t all, fmt::memory_buffer& out) {
  if (all > shown) Append(out, "  and {} more (--limit)\n", Grouped(all - shown));
}

// What the figures mean. Estimates and time are never mixed.
void AppendMeaning(const ProfileFigures& figures, fmt::memory_buffer& out) {
  if (figures.unit == analysis::EstimateUnit::kAccesses) return;
  Append(out,
         "est.: estimated accesses, as if each instruction took 1 ns: only their ratios mean "
         "something. of time: CPU time, another thing.\n");
}

}  // namespace

std::string CutInTheMiddle(std::string_view text, std::size_t width) {
  std::vector<std::string_view> characters;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(1, base::PrintableLength(text));
    characters.push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  std::string cut;
  const std::size_t tail = width < 3 ? 0 : (width - 3) / 2;
  const std::size_t head = width < 3 ? width : width - 3 - tail;
  const bool fits = characters.size() <= width;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    if (fits || i < head || i >= characters.size() - tail) {
      cut += characters[i];
    } else if (i == head && width >= 3) {
      cut += "...";
    }
  }
  return cut;
}

std::string Scaled(double value) {
  static constexpr std::string_view kUnits[] = {"", " k", " M", " G", " T", " P"};
  std::size_t unit = 0;
  while (std::abs(value) >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  if (value == 0) return "0";
  if (value < 0.01) return fmt::format("{:.1e}", value);
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", value, decimals, kUnits[unit]);
}

void AppendObjectsText(const std::string& path, const std::vector<ObjectRow>& rows,
                       std::size_t all_rows, const ProfileFigures& figures,
                       fmt::memory_buffer& out) {
  AppendHead("OBJECTS", path, figures, out);
  AppendObjectTable(rows, figures, out);
  AppendMore(rows.size(), all_rows, out);
  AppendUnmatchedText(figures, out);
  AppendMeaning(figures, out);
}

void AppendCodeText(const std::string& path, const std::vector<CodeRow>& rows, std::size_t all_rows,
                    const ProfileFigures& figures, fmt::memory_buffer& out) {
  AppendHead("CODE", path, figures, out);
  AppendCodeTable(rows, figures, out);
  AppendMore(rows.size(), all_rows, out);
  AppendMeaning(figures, out);
}

void AppendTops(const ProfileTops& tops, fmt::memory_buffer& out) {
  if (tops.objects.empty() && tops.code.empty()) return;
  Append(out, "\nOBJECTS     with the most accesses (all: trace-dump objects)\n");
  AppendObjectTable(tops.objects, tops.figures, out);
  Append(out, "  ");
  AppendUnmatchedText(tops.figures, out);
  Append(out, "\nCODE        with the most accesses (all: trace-dump code)\n");
  AppendCodeTable(tops.code, tops.figures, out);
  if (tops.figures.unit != analysis::EstimateUnit::kAccesses) Append(out, "  ");
  AppendMeaning(tops.figures, out);
}

}  // namespace heimdallr::cli
