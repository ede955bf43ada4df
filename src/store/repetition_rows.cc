#include "store/repetition_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "store/next_id.h"
#include "store/statement.h"
#include "store/table_writer.h"

namespace heimdallr::store {
namespace {

template <typename Figure, typename Whole>
std::optional<Figure> Of(const std::optional<Whole>& whole, Figure Whole::*figure) {
  return whole ? std::optional((*whole).*figure) : std::nullopt;
}

absl::StatusOr<std::int64_t> RunId(Connection& connection, const RecordingName& name) {
  auto insert = Statement::Prepare(
      connection, "INSERT INTO runs(name, workload, mode) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
  if (!insert.ok()) return insert.status();
  if (absl::Status status = insert->Run(name.run, name.workload, name.mode); !status.ok()) {
    return status;
  }
  auto find = Statement::Prepare(connection, "SELECT id FROM runs WHERE name = ?");
  if (!find.ok()) return find.status();
  find->Bind(name.run);
  const auto row = find->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::InternalError("a run that was added is not there");
  return find->Integer(0);
}

// The one that was asked for, or the next after all others when that is taken.
absl::StatusOr<std::uint64_t> FreeNumber(Connection& connection, std::int64_t run,
                                         std::uint64_t wanted) {
  auto find = Statement::Prepare(
      connection,
      "SELECT coalesce(max(number), 0) + 1, coalesce(sum(number = ?), 0) FROM repetitions "
      "WHERE run = ?");
  if (!find.ok()) return find.status();
  find->Bind(wanted, run);
  const auto row = find->Step();
  if (!row.ok()) return row.status();
  return wanted != 0 && find->Integer(1) == 0 ? wanted : find->Unsigned(0);
}

std::string Joined(const std::vector<std::string>& words) {
  constexpr std::size_t kLongest = 4096;
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

absl::Status AddMainRow(Connection& connection, const Repetition& r, const RepetitionRow& row,
                        std::int64_t run, std::uint64_t number) {
  auto table = TableWriter::Create(connection, "repetitions", 60);
  if (!table.ok()) return table.status();
  const TraceHeader& h = r.header;
  const Figures& f = r.figures;
  const bool whole = r.content == Content::kWhole;
  const bool cells = row.heat_time_ns != 0;
  using Cost = RecorderStatistics;
  using Usage = StatisticsRecord;
  table->Add(row.id, run, number, r.name.identity, r.name.path, whole,
             r.end.ok() ? std::nullopt : std::optional(r.end.raw_code()),
             r.end.ok() ? std::nullopt : std::optional(std::string(r.end.message())),
             whole ? std::optional(row.first_record) : std::nullopt, f.all_records(), f.end_ns,
             Joined(h.command_line), h.format_version, h.tool_version, h.host, h.kernel,
             h.processor, h.online_cpus, h.page_size_bytes, h.start_realtime_ns,
             h.start_monotonic_ns, h.pid, h.working_directory, h.allocations, h.dry_run,
             h.stack_depth, h.success_status, h.origin, r.extent.good_bytes, r.extent.file_bytes,
             r.extent.late_records, r.extent.unknown_chunks, r.extent.finished, r.extent.cut,
             Of(r.recorder, &Cost::user_ns), Of(r.recorder, &Cost::system_ns),
             Of(r.recorder, &Cost::wall_ns), Of(r.recorder, &Cost::ticks),
             Of(r.recorder, &Cost::channel_events), f.count<AccessRecord>(), f.count<FaultRecord>(),
             f.count<AllocationRecord>(), f.count<MappingRecord>(), f.count<ProcessRecord>(),
             f.count<ThreadRecord>(), f.count<LossRecord>(), f.count<StatisticsRecord>(),
             f.count<PeriodRecord>(), f.count<PlacementRecord>(), Of(f.process, &Usage::wall_ns),
             Of(f.process, &Usage::user_ns), Of(f.process, &Usage::system_ns),
             Of(f.process, &Usage::max_rss_bytes), Of(f.process, &Usage::minor_faults),
             Of(f.process, &Usage::major_faults), Of(f.process, &Usage::exit_code),
             Of(f.process, &Usage::exit_signal), Of(f.process, &Usage::source),
             cells ? std::optional(row.heat_time_ns) : std::nullopt,
             cells ? std::optional(row.heat_page_bytes) : std::nullopt);
  return connection.noted();
}

absl::Status AddTexts(Connection& connection, const char* name, std::int64_t repetition,
                      const std::vector<std::string>& texts) {
  auto table = TableWriter::Create(connection, name, 3);
  if (!table.ok()) return table.status();
  for (std::size_t i = 0; i < texts.size(); ++i) table->Add(repetition, i, texts[i]);
  return connection.noted();
}

absl::Status AddStreams(Connection& connection, const Repetition& r, std::int64_t id) {
  auto table = TableWriter::Create(connection, "streams", 21);
  if (!table.ok()) return table.status();
  for (std::size_t i = 0; i < r.header.streams.size(); ++i) {
    const StreamInfo& s = r.header.streams[i];
    const StreamFigures& f = r.figures.streams[i];
    table->Add(id, i, s.id, s.source, s.name, s.event, s.period, s.frequency_hz, s.precise_level,
               s.minimum_latency_cycles, s.may_batch, f.loads, f.stores, f.load_stores, f.unknown,
               f.direct, f.ticks_with_access, f.ticks_without_access, f.faults, f.shortest_period,
               f.longest_period);
  }
  return connection.noted();
}

// "0,1"; nothing for none.
std::optional<std::string> NumberList(const std::vector<std::uint32_t>& numbers) {
  if (numbers.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(numbers, ","));
}

absl::Status AddMemories(Connection& connection, const Repetition& r, std::int64_t id) {
  const TraceHeader& header = r.header;
  auto memories = TableWriter::Create(connection, "memories", 7);
  if (!memories.ok()) return memories.status();
  for (std::size_t i = 0; i < header.memories.size(); ++i) {
    const MemoryInfo& memory = header.memories[i];
    const analysis::ServedAmount& served = r.figures.memories[i];
    memories->Add(id, i, memory.id, memory.name, NumberList(memory.nodes), served.blocks,
                  served.bytes);
  }
  auto nodes = TableWriter::Create(connection, "nodes", 6);
  if (!nodes.ok()) return nodes.status();
  for (std::size_t i = 0; i < header.nodes.size(); ++i) {
    const NodeInfo& node = header.nodes[i];
    nodes->Add(id, i, node.id, node.memory_bytes, NumberList(node.cpus),
               NumberList(node.distances));
  }
  return connection.noted();
}

absl::Status AddLosses(Connection& connection, const Repetition& r, std::int64_t id) {
  auto table = TableWriter::Create(connection, "loss_totals", 5);
  if (!table.ok()) return table.status();
  for (const analysis::LossTotal& loss : r.figures.losses) {
    table->Add(id, loss.stream, loss.kind, loss.count, loss.duration_ns);
  }
  return connection.noted();
}

}  // namespace

absl::Status AddRepetition(Connection& connection, const Repetition& repetition,
                           const RepetitionRow& row) {
  const auto run = RunId(connection, repetition.name);
  if (!run.ok()) return run.status();
  const auto number = FreeNumber(connection, *run, repetition.name.number);
  if (!number.ok()) return number.status();
  absl::Status status = AddMainRow(connection, repetition, row, *run, *number);
  status.Update(AddTexts(connection, "command_line", row.id, repetition.header.command_line));
  status.Update(AddTexts(connection, "environment", row.id, repetition.header.environment));
  status.Update(AddStreams(connection, repetition, row.id));
  status.Update(AddMemories(connection, repetition, row.id));
  status.Update(AddLosses(connection, repetition, row.id));
  return status;
}

}  // namespace heimdallr::store
