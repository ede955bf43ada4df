#include "trace/row_codec.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "base/status_macros.h"

namespace heimdallr::trace {
namespace {

absl::Status Lookup(const StringStore& strings, std::uint32_t id, std::string_view& text) {
  const std::optional<std::string_view> found = strings.Get(id);
  if (!found.has_value()) {
    return absl::DataLossError(
        fmt::format("names text {} of the {} that came before it", id, strings.size()));
  }
  text = *found;
  return absl::OkStatus();
}

// For kinds without an "unknown" value: a new one is a new format version.
template <typename Enum>
absl::Status CheckedEnum(int value, Enum last, std::string_view what, Enum& to) {
  if (value < 0 || value > static_cast<int>(last)) {
    return absl::DataLossError(fmt::format("has the {} {}, which does not exist", what, value));
  }
  to = static_cast<Enum>(value);
  return absl::OkStatus();
}

absl::Status CheckedStream(std::uint32_t value, std::uint8_t& to) {
  if (value > std::numeric_limits<std::uint8_t>::max()) {
    return absl::DataLossError(fmt::format("names stream {}; there are 255", value));
  }
  to = static_cast<std::uint8_t>(value);
  return absl::OkStatus();
}

}  // namespace

void ToRow(const MappingRecord& record, StringTable& strings, v1::Mapping& row) {
  row.set_time_ns(record.time_ns);
  row.set_address(record.address);
  row.set_size(record.size);
  row.set_offset(record.offset);
  row.set_inode(record.inode);
  row.set_path(strings.Intern(record.path));
  row.set_build_id(strings.Intern(record.build_id));
  row.set_protection(record.protection);
  row.set_pid(record.pid);
  row.set_tid(record.tid);
  row.set_shared(record.shared);
}

absl::Status FromRow(const v1::Mapping& row, const StringStore& strings, MappingRecord& record) {
  record.time_ns = row.time_ns();
  record.address = row.address();
  record.size = row.size();
  record.offset = row.offset();
  record.inode = row.inode();
  RETURN_IF_ERROR(Lookup(strings, row.path(), record.path));
  RETURN_IF_ERROR(Lookup(strings, row.build_id(), record.build_id));
  record.protection = row.protection();
  record.pid = row.pid();
  record.tid = row.tid();
  record.shared = row.shared();
  return absl::OkStatus();
}

void ToRow(const ProcessRecord& record, StringTable& strings, v1::Process& row) {
  row.set_time_ns(record.time_ns);
  row.set_command(strings.Intern(record.command));
  row.set_executable(strings.Intern(record.executable));
  row.set_build_id(strings.Intern(record.build_id));
  row.set_pid(record.pid);
  row.set_parent_pid(record.parent_pid);
  row.set_event(static_cast<v1::ProcessEvent>(record.event));
}

absl::Status FromRow(const v1::Process& row, const StringStore& strings, ProcessRecord& record) {
  record.time_ns = row.time_ns();
  RETURN_IF_ERROR(Lookup(strings, row.command(), record.command));
  RETURN_IF_ERROR(Lookup(strings, row.executable(), record.executable));
  RETURN_IF_ERROR(Lookup(strings, row.build_id(), record.build_id));
  record.pid = row.pid();
  record.parent_pid = row.parent_pid();
  return CheckedEnum(row.event(), ProcessEvent::kAttach, "process event", record.event);
}

void ToRow(const ThreadRecord& record, StringTable& strings, v1::Thread& row) {
  row.set_time_ns(record.time_ns);
  row.set_name(strings.Intern(record.name));
  row.set_thread_pointer(record.thread_pointer);
  row.set_stack_top(record.stack_top);
  row.set_pid(record.pid);
  row.set_tid(record.tid);
  row.set_event(static_cast<v1::ThreadEvent>(record.event));
}

absl::Status FromRow(const v1::Thread& row, const StringStore& strings, ThreadRecord& record) {
  record.time_ns = row.time_ns();
  RETURN_IF_ERROR(Lookup(strings, row.name(), record.name));
  record.thread_pointer = row.thread_pointer();
  record.stack_top = row.stack_top();
  record.pid = row.pid();
  record.tid = row.tid();
  return CheckedEnum(row.event(), ThreadEvent::kLayout, "thread event", record.event);
}

void ToRow(const LossRecord& record, StringTable& /*strings*/, v1::Loss& row) {
  row.set_time_ns(record.time_ns);
  row.set_count(record.count);
  row.set_duration_ns(record.duration_ns);
  row.set_pid(record.pid);
  row.set_tid(record.tid);
  row.set_stream(record.stream);
  row.set_kind(static_cast<v1::LossKind>(record.kind));
}

absl::Status FromRow(const v1::Loss& row, const StringStore& /*strings*/, LossRecord& record) {
  RETURN_IF_ERROR(CheckedStream(row.stream(), record.stream));
  record.time_ns = row.time_ns();
  record.count = row.count();
  record.duration_ns = row.duration_ns();
  record.pid = row.pid();
  record.tid = row.tid();
  record.kind =
      v1::LossKind_IsValid(row.kind()) ? static_cast<LossKind>(row.kind()) : LossKind::kUnknown;
  return absl::OkStatus();
}

void ToRow(const StatisticsRecord& record, StringTable& /*strings*/, v1::ProcessStatistics& row) {
  row.set_time_ns(record.time_ns);
  row.set_wall_ns(record.wall_ns);
  row.set_user_ns(record.user_ns);
  row.set_system_ns(record.system_ns);
  row.set_max_rss_bytes(record.max_rss_bytes);
  row.set_minor_faults(record.minor_faults);
  row.set_major_faults(record.major_faults);
  row.set_pid(record.pid);
  row.set_exit_code(record.exit_code);
  row.set_exit_signal(record.exit_signal);
  row.set_source(static_cast<v1::StatisticsSource>(record.source));
}

absl::Status FromRow(const v1::ProcessStatistics& row, const StringStore& /*strings*/,
                     StatisticsRecord& record) {
  record.time_ns = row.time_ns();
  record.wall_ns = row.wall_ns();
  record.user_ns = row.user_ns();
  record.system_ns = row.system_ns();
  record.max_rss_bytes = row.max_rss_bytes();
  record.minor_faults = row.minor_faults();
  record.major_faults = row.major_faults();
  record.pid = row.pid();
  record.exit_code = row.exit_code();
  record.exit_signal = row.exit_signal();
  return CheckedEnum(row.source(), StatisticsSource::kLastSeen, "statistics source", record.source);
}

void ToRow(const PeriodRecord& record, StringTable& /*strings*/, v1::Period& row) {
  row.set_time_ns(record.time_ns);
  row.set_period(record.period);
  row.set_sample_cost_ns(record.sample_cost_ns);
  row.set_overhead(record.overhead);
  row.set_stream(record.stream);
}

absl::Status FromRow(const v1::Period& row, const StringStore& /*strings*/, PeriodRecord& record) {
  RETURN_IF_ERROR(CheckedStream(row.stream(), record.stream));
  if (!std::isfinite(row.overhead())) return absl::DataLossError("an overhead is no number");
  record.time_ns = row.time_ns();
  record.period = row.period();
  record.sample_cost_ns = row.sample_cost_ns();
  record.overhead = row.overhead();
  return absl::OkStatus();
}

}  // namespace heimdallr::trace
