#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "store/repetition_rows.h"
#include "store/statement.h"

namespace heimdallr::store {
namespace {

constexpr std::size_t kMostTexts = 1 << 20;

// In the order in which ReadMain takes them.
constexpr std::string_view kSelect =
    "SELECT r.id, runs.name, runs.workload, runs.mode, r.number, r.identity, r.path, r.whole,"
    " r.defect_code, r.defect, r.first_id, r.end_ns, r.format_version, r.tool_version, r.host,"
    " r.kernel, r.processor, r.online_cpus, r.page_size_bytes, r.start_realtime_ns,"
    " r.start_monotonic_ns, r.pid, r.working_directory, r.allocations_asked, r.dry_run,"
    " r.stack_depth, r.success_status, r.origin, r.good_bytes, r.file_bytes, r.late_records, "
    "r.unknown_chunks, "
    "r.finished,"
    " r.cut, r.recorder_user_ns, r.recorder_system_ns, r.recorder_wall_ns, r.recorder_ticks,"
    " r.recorder_channel_events, r.accesses, r.faults, r.allocations, r.mappings,"
    " r.process_events, r.thread_events, r.losses, r.statistics, r.periods, r.placements, "
    "r.wall_ns, r.user_ns,"
    " r.system_ns, r.max_rss_bytes, r.minor_faults, r.major_faults, r.exit_code, r.exit_signal,"
    " r.statistics_source, r.heat_time_ns, r.heat_page_bytes "
    "FROM repetitions AS r JOIN runs ON runs.id = r.run ";

// Takes the columns of a row one after the other.
class Columns {
 public:
  explicit Columns(const Statement& statement) : statement_(statement) {}

  template <typename Value>
  void Take(Value& value) {
    value = static_cast<Value>(statement_.Integer(next_++));
  }
  void Take(bool& value) { value = statement_.Integer(next_++) != 0; }
  void Take(std::string& value) { value = statement_.Text(next_++); }
  [[nodiscard]] bool IsNull() const { return statement_.IsNull(next_); }
  void Skip(int columns) { next_ += columns; }

 private:
  const Statement& statement_;
  int next_ = 0;
};

void TakeEnd(Columns& columns, absl::Status& end) {
  if (columns.IsNull()) {
    columns.Skip(2);
    return;
  }
  int code = 0;
  std::string message;
  columns.Take(code);
  columns.Take(message);
  if (code == 0) code = static_cast<int>(absl::StatusCode::kUnknown);
  end = absl::Status(static_cast<absl::StatusCode>(code), message);
}

void TakeHeader(Columns& columns, TraceHeader& h) {
  columns.Take(h.format_version);
  columns.Take(h.tool_version);
  columns.Take(h.host);
  columns.Take(h.kernel);
  columns.Take(h.processor);
  columns.Take(h.online_cpus);
  columns.Take(h.page_size_bytes);
  columns.Take(h.start_realtime_ns);
  columns.Take(h.start_monotonic_ns);
  columns.Take(h.pid);
  columns.Take(h.working_directory);
  columns.Take(h.allocations);
  columns.Take(h.dry_run);
  columns.Take(h.stack_depth);
  columns.Take(h.success_status);
  std::int64_t origin = 0;
  columns.Take(origin);
  if (origin > 0 && origin < kTraceOrigins) h.origin = static_cast<TraceOrigin>(origin);
}

void TakeExtent(Columns& columns, TraceExtent& extent) {
  columns.Take(extent.good_bytes);
  columns.Take(extent.file_bytes);
  columns.Take(extent.late_records);
  columns.Take(extent.unknown_chunks);
  columns.Take(extent.finished);
  columns.Take(extent.cut);
}

void TakeRecorder(Columns& columns, std::optional<RecorderStatistics>& recorder) {
  if (columns.IsNull()) {
    columns.Skip(5);
    return;
  }
  RecorderStatistics& r = recorder.emplace();
  columns.Take(r.user_ns);
  columns.Take(r.system_ns);
  columns.Take(r.wall_ns);
  columns.Take(r.ticks);
  columns.Take(r.channel_events);
}

void TakeProcess(Columns& columns, std::int32_t pid, std::optional<StatisticsRecord>& process) {
  if (columns.IsNull()) {
    columns.Skip(9);
    return;
  }
  StatisticsRecord& p = process.emplace();
  p.pid = pid;
  columns.Take(p.wall_ns);
  columns.Take(p.user_ns);
  columns.Take(p.system_ns);
  columns.Take(p.max_rss_bytes);
  columns.Take(p.minor_faults);
  columns.Take(p.major_faults);
  columns.Take(p.exit_code);
  columns.Take(p.exit_signal);
  std::uint64_t source = 0;
  columns.Take(source);
  constexpr auto kLast = static_cast<std::uint64_t>(StatisticsSource::kLastSeen);
  p.source = static_cast<StatisticsSource>(std::min(source, kLast));
}

StoredRepetition ReadMain(const Statement& statement) {
  StoredRepetition stored;
  Repetition& r = stored.repetition;
  Columns columns(statement);
  columns.Take(stored.row.id);
  columns.Take(r.name.run);
  columns.Take(r.name.workload);
  columns.Take(r.name.mode);
  columns.Take(r.name.number);
  columns.Take(r.name.identity);
  columns.Take(r.name.path);
  bool whole = false;
  columns.Take(whole);
  r.content = whole ? Content::kWhole : Content::kStatistics;
  TakeEnd(columns, r.end);
  columns.Take(stored.row.first_record);
  columns.Take(r.figures.end_ns);
  TakeHeader(columns, r.header);
  TakeExtent(columns, r.extent);
  TakeRecorder(columns, r.recorder);
  for (std::uint64_t& count : r.figures.records) columns.Take(count);
  r.extent.records = r.figures.all_records();
  TakeProcess(columns, r.header.pid, r.figures.process);
  columns.Take(stored.row.heat_time_ns);
  columns.Take(stored.row.heat_page_bytes);
  return stored;
}

absl::Status TooMuch(const Connection& connection) {
  return absl::DataLossError(
      fmt::format("database '{}' is damaged: a recording has more texts than one can have. "
                  "Convert the trace again",
                  connection.path()));
}

absl::Status ReadTexts(Connection& connection, const char* column, const char* table,
                       std::int64_t id, std::vector<std::string>& texts) {
  auto rows = Statement::Prepare(
      connection,
      fmt::format("SELECT {} FROM {} WHERE repetition = ? ORDER BY position", column, table));
  if (!rows.ok()) return rows.status();
  rows->Bind(id);
  auto row = rows->Step();
  for (; row.ok() && *row; row = rows->Step()) {
    if (texts.size() == kMostTexts) return TooMuch(connection);
    texts.emplace_back(rows->Text(0));
  }
  return row.status();
}

absl::Status ReadStreams(Connection& connection, std::int64_t id, Repetition& r) {
  auto rows =
      Statement::Prepare(connection,
                         "SELECT number, source, name, event, period, frequency_hz, precise_level,"
                         " minimum_latency_cycles, may_batch, loads, stores, load_stores, unknown, "
                         "direct, ticks_with_access,"
                         " ticks_without_access, faults, shortest_period, longest_period "
                         "FROM streams WHERE repetition = ? ORDER BY position");
  if (!rows.ok()) return rows.status();
  rows->Bind(id);
  auto row = rows->Step();
  for (; row.ok() && *row; row = rows->Step()) {
    if (r.header.streams.size() == 255) return TooMuch(connection);
    StreamInfo& s = r.header.streams.emplace_back();
    StreamFigures& f = r.figures.streams.emplace_back();
    Columns columns(*rows);
    std::uint64_t source = 0;
    columns.Take(s.id);
    columns.Take(source);
    if (source <= static_cast<std::uint64_t>(SourceKind::kFaults)) {
      s.source = static_cast<SourceKind>(source);
    }
    columns.Take(s.name);
    columns.Take(s.event);
    columns.Take(s.period);
    columns.Take(s.frequency_hz);
    columns.Take(s.precise_level);
    columns.Take(s.minimum_latency_cycles);
    columns.Take(s.may_batch);
    for (std::uint64_t* figure :
         {&f.loads, &f.stores, &f.load_stores, &f.unknown, &f.direct, &f.ticks_with_access,
          &f.ticks_without_access, &f.faults, &f.shortest_period, &f.longest_period}) {
      columns.Take(*figure);
    }
  }
  return row.status();
}

// Of "0,1"; what is no number ends it.
std::vector<std::uint32_t> ParseNumberList(std::string_view text) {
  std::vector<std::uint32_t> numbers;
  const char* next = text.data();
  const char* const end = next + text.size();
  while (next < end) {
    std::uint32_t number = 0;
    const auto [after, error] = std::from_chars(next, end, number);
    if (error != std::errc{}) break;
    numbers.push_back(number);
    next = after + 1;
  }
  return numbers;
}

absl::Status ReadMemories(Connection& connection, std::int64_t id, Repetition& r) {
  auto rows = Statement::Prepare(connection,
                                 "SELECT number, name, nodes, blocks, bytes FROM memories WHERE "
                                 "repetition = ? ORDER BY position");
  if (!rows.ok()) return rows.status();
  rows->Bind(id);
  auto row = rows->Step();
  for (; row.ok() && *row; row = rows->Step()) {
    if (r.header.memories.size() == 256) return TooMuch(connection);
    r.header.memories.push_back({.id = static_cast<std::uint8_t>(rows->Integer(0)),
                                 .name = std::string(rows->Text(1)),
                                 .nodes = ParseNumberList(rows->Text(2))});
    r.figures.memories.push_back({.blocks = rows->Unsigned(3), .bytes = rows->Unsigned(4)});
  }
  return row.status();
}

absl::Status ReadNodes(Connection& connection, std::int64_t id, TraceHeader& header) {
  constexpr std::size_t kMostNodes = 1024;  // Linux' MAX_NUMNODES
  auto rows = Statement::Prepare(connection,
                                 "SELECT number, memory_bytes, cpus, distances FROM nodes "
                                 "WHERE repetition = ? ORDER BY position");
  if (!rows.ok()) return rows.status();
  rows->Bind(id);
  auto row = rows->Step();
  for (; row.ok() && *row; row = rows->Step()) {
    if (header.nodes.size() == kMostNodes) return TooMuch(connection);
    header.nodes.push_back({.id = static_cast<std::uint32_t>(rows->Integer(0)),
                            .memory_bytes = rows->Unsigned(1),
                            .cpus = ParseNumberList(rows->Text(2)),
                            .distances = ParseNumberList(rows->Text(3))});
  }
  return row.status();
}

absl::Status ReadLosses(Connection& connection, std::int64_t id, Repetition& r) {
  auto rows = Statement::Prepare(connection,
                                 "SELECT kind, stream, count, duration_ns FROM loss_totals "
                                 "WHERE repetition = ? ORDER BY kind, stream");
  if (!rows.ok()) return rows.status();
  rows->Bind(id);
  auto row = rows->Step();
  for (; row.ok() && *row; row = rows->Step()) {
    analysis::LossTotal& loss = r.figures.losses.emplace_back();
    const std::uint64_t kind = rows->Unsigned(0);
    if (kind < kLossKinds) loss.kind = static_cast<LossKind>(kind);
    loss.stream = static_cast<std::uint8_t>(rows->Integer(1));
    loss.count = rows->Unsigned(2);
    loss.duration_ns = rows->Unsigned(3);
    if (r.figures.losses.size() > std::size_t{kLossKinds} * 256) return TooMuch(connection);
  }
  return row.status();
}

absl::StatusOr<std::vector<StoredRepetition>> ReadAll(Connection& connection, Statement rows) {
  std::vector<StoredRepetition> all;
  auto row = rows.Step();
  for (; row.ok() && *row; row = rows.Step()) all.push_back(ReadMain(rows));
  if (!row.ok()) return row.status();
  for (StoredRepetition& stored : all) {
    Repetition& r = stored.repetition;
    const std::int64_t id = stored.row.id;
    absl::Status status = ReadTexts(connection, "word", "command_line", id, r.header.command_line);
    status.Update(ReadTexts(connection, "setting", "environment", id, r.header.environment));
    status.Update(ReadStreams(connection, id, r));
    status.Update(ReadMemories(connection, id, r));
    status.Update(ReadNodes(connection, id, r.header));
    status.Update(ReadLosses(connection, id, r));
    if (!status.ok()) return status;
  }
  return all;
}

}  // namespace

absl::StatusOr<std::vector<StoredRepetition>> ReadRepetitions(
    Connection& connection, const std::optional<std::string>& run) {
  auto rows = Statement::Prepare(
      connection,
      fmt::format("{}WHERE ?1 IS NULL OR runs.name = ?1 ORDER BY runs.name, r.number", kSelect));
  if (!rows.ok()) return rows.status();
  rows->Bind(run);
  return ReadAll(connection, *std::move(rows));
}

absl::StatusOr<std::optional<StoredRepetition>> FindRepetition(Connection& connection,
                                                               const std::string& identity) {
  auto rows = Statement::Prepare(connection, fmt::format("{}WHERE r.identity = ?", kSelect));
  if (!rows.ok()) return rows.status();
  rows->Bind(identity);
  auto all = ReadAll(connection, *std::move(rows));
  if (!all.ok()) return all.status();
  if (all->empty()) return std::nullopt;
  return std::move(all->front());
}

}  // namespace heimdallr::store
