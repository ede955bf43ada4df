#include "store/record_cursors.h"

#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace heimdallr::store {
namespace {

// Tables by type of record, and the columns that the readers below take after the id.
struct Source {
  std::string_view table;
  std::string_view columns;
};

constexpr std::array<Source, std::variant_size_v<Record>> kSources{{
    {"accesses", "time_ns, thread, code, address, form, tick, cpu, latency_cycles"},
    {"faults", "time_ns, thread, code, address, stream, cpu"},
    {"allocations",
     "time_ns, thread, event, call, address, size, old_address, caller, stack, memory"},
    {"mappings", "time_ns, pid, tid, address, size, offset, inode, module, protection, shared"},
    {"process_events", "time_ns, pid, event, parent_pid, command, executable, build_id"},
    {"thread_events", "time_ns, pid, tid, event, name, thread_pointer, stack_top"},
    {"losses", "time_ns, pid, tid, stream, kind, count, duration_ns"},
    {"statistics",
     "time_ns, pid, wall_ns, user_ns, system_ns, max_rss_bytes, minor_faults, major_faults, "
     "exit_code, exit_signal, source"},
    {"periods", "time_ns, stream, period, sample_cost_ns, overhead"},
    {"placements", "time_ns, pid, address, size, node, weight"},
}};

template <typename Id>
Id As(std::int64_t value) {
  return static_cast<Id>(value);
}

// False if `value` is beyond the last of its kind.
template <typename Enum>
bool TakeEnum(std::int64_t value, Enum last, Enum& to) {
  if (static_cast<std::uint64_t>(value) > static_cast<std::uint64_t>(last)) return false;
  to = static_cast<Enum>(value);
  return true;
}

// Each fills a record from a row; false if the row makes no sense.
struct Reader {
  const Statement& row;
  const Dictionaries& known;

  bool TakeThread(int column, std::int32_t& pid, std::int32_t& tid) const {
    const StoredThread* const thread = known.threads().Find(row.Integer(column));
    if (thread == nullptr) return false;
    pid = thread->pid;
    tid = thread->tid;
    return true;
  }
  bool TakeCode(int column, std::uint64_t& address) const {
    const std::uint64_t* const code = known.code().Find(row.Integer(column));
    if (code == nullptr) return false;
    address = *code;
    return true;
  }

  bool operator()(AccessRecord& r) const {
    const StoredForm* const form = known.forms().Find(row.Integer(5));
    if (form == nullptr || !TakeThread(2, r.pid, r.tid) || !TakeCode(3, r.ip)) return false;
    r.time_ns = row.Unsigned(1);
    r.address = row.Unsigned(4);
    r.tick = row.Unsigned(6);
    r.cpu = As<std::uint32_t>(row.Integer(7));
    r.latency_cycles = As<std::uint32_t>(row.Integer(8));
    r.data_source = form->data_source;
    r.weight = form->weight;
    r.period = form->period;
    r.size = form->size;
    r.stream = form->stream;
    r.kind = form->kind;
    r.direct = form->direct;
    return true;
  }

  bool operator()(FaultRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.address = row.Unsigned(4);
    r.stream = As<std::uint8_t>(row.Integer(5));
    r.cpu = As<std::uint32_t>(row.Integer(6));
    return TakeThread(2, r.pid, r.tid) && TakeCode(3, r.ip);
  }

  bool operator()(AllocationRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.address = row.Unsigned(5);
    r.size = row.Unsigned(6);
    r.old_address = row.Unsigned(7);
    r.caller = 0;
    r.stack = As<std::uint32_t>(row.Integer(9));
    r.memory = As<std::uint8_t>(row.Integer(10));
    return TakeThread(2, r.pid, r.tid) &&
           TakeEnum(row.Integer(3), AllocationEvent::kDeallocate, r.event) &&
           TakeEnum(row.Integer(4), AllocationCall::kSbrk, r.call) &&
           (row.IsNull(8) || TakeCode(8, r.caller));
  }

  bool operator()(MappingRecord& r) const {
    const StoredModule* const module = known.modules().Find(row.Integer(8));
    if (module == nullptr) return false;
    r = {.time_ns = row.Unsigned(1),
         .address = row.Unsigned(4),
         .size = row.Unsigned(5),
         .offset = row.Unsigned(6),
         .inode = row.Unsigned(7),
         .path = module->path,
         .build_id = module->build_id,
         .protection = As<std::uint32_t>(row.Integer(9)),
         .pid = As<std::int32_t>(row.Integer(2)),
         .tid = As<std::int32_t>(row.Integer(3)),
         .shared = row.Integer(10) != 0};
    return true;
  }

  bool operator()(ProcessRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.pid = As<std::int32_t>(row.Integer(2));
    r.parent_pid = As<std::int32_t>(row.Integer(4));
    r.command = row.Text(5);
    r.executable = row.Text(6);
    r.build_id = row.Text(7);
    return TakeEnum(row.Integer(3), ProcessEvent::kAttach, r.event);
  }

  bool operator()(ThreadRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.pid = As<std::int32_t>(row.Integer(2));
    r.tid = As<std::int32_t>(row.Integer(3));
    r.name = row.Text(5);
    r.thread_pointer = row.Unsigned(6);
    r.stack_top = row.Unsigned(7);
    return TakeEnum(row.Integer(4), ThreadEvent::kLayout, r.event);
  }

  bool operator()(LossRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.pid = As<std::int32_t>(row.Integer(2));
    r.tid = As<std::int32_t>(row.Integer(3));
    r.stream = As<std::uint8_t>(row.Integer(4));
    r.count = row.Unsigned(6);
    r.duration_ns = row.Unsigned(7);
    return TakeEnum(row.Integer(5), static_cast<LossKind>(kLossKinds - 1), r.kind);
  }

  bool operator()(StatisticsRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.pid = As<std::int32_t>(row.Integer(2));
    r.wall_ns = row.Unsigned(3);
    r.user_ns = row.Unsigned(4);
    r.system_ns = row.Unsigned(5);
    r.max_rss_bytes = row.Unsigned(6);
    r.minor_faults = row.Unsigned(7);
    r.major_faults = row.Unsigned(8);
    r.exit_code = As<std::int32_t>(row.Integer(9));
    r.exit_signal = As<std::int32_t>(row.Integer(10));
    return TakeEnum(row.Integer(11), StatisticsSource::kLastSeen, r.source);
  }

  bool operator()(PeriodRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.stream = As<std::uint8_t>(row.Integer(2));
    r.period = row.Unsigned(3);
    r.sample_cost_ns = row.Unsigned(4);
    r.overhead = static_cast<float>(row.Real(5));
    return std::isfinite(r.overhead);
  }

  bool operator()(PlacementRecord& r) const {
    r.time_ns = row.Unsigned(1);
    r.pid = As<std::int32_t>(row.Integer(2));
    r.address = row.Unsigned(3);
    r.size = row.Unsigned(4);
    r.node = As<std::uint32_t>(row.Integer(5));
    r.weight = static_cast<float>(row.Real(6));
    return std::isfinite(r.weight) && r.weight >= 0;
  }
};

template <std::size_t... Types>
Record EmptyRecord(std::size_t type, std::index_sequence<Types...> /*all*/) {
  Record record;
  static_cast<void>(((type == Types && (record.emplace<Types>(), true)) || ...));
  return record;
}

}  // namespace

absl::StatusOr<RecordCursor> RecordCursor::Open(Connection& connection, std::size_t type,
                                                std::int64_t first_id, std::int64_t end_id,
                                                const Dictionaries& dictionaries) {
  const Source& source = kSources[type];
  auto rows = Statement::Prepare(
      connection, fmt::format("SELECT id, {} FROM {} WHERE id >= ? AND id < ? ORDER BY id",
                              source.columns, source.table));
  if (!rows.ok()) return rows.status();
  rows->Bind(first_id, end_id);
  RecordCursor cursor(connection, type, *std::move(rows), dictionaries);
  cursor.record_ = EmptyRecord(type, std::make_index_sequence<std::variant_size_v<Record>>());
  if (absl::Status status = cursor.Advance(); !status.ok()) return status;
  return cursor;
}

absl::Status RecordCursor::Advance() {
  const auto row = rows_.Step();
  if (!row.ok()) return row.status();
  if (!*row) {
    id_ = kEnd;
    return absl::OkStatus();
  }
  id_ = rows_.Integer(0);
  const Reader reader{rows_, *dictionaries_};
  if (std::visit([&](auto& record) { return reader(record); }, record_)) return absl::OkStatus();
  return Damaged(*connection_,
                 fmt::format("row {} of {} makes no sense", id_, kSources[type_].table));
}

}  // namespace heimdallr::store
