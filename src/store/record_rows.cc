#include "store/record_rows.h"

namespace heimdallr::store {
namespace {

std::int64_t Bits(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

absl::StatusOr<RecordRows> RecordRows::Create(Connection& connection, std::int64_t repetition,
                                              StackLookup stack, ThreadRows& threads) {
  auto allocations = AllocationWriter::Create(connection, "allocations");
  if (!allocations.ok()) return allocations.status();
  absl::Status status;
  const auto table = [&](const char* name, std::size_t columns) {
    auto writer = TableWriter::Create(connection, name, columns);
    if (!writer.ok()) status.Update(writer.status());
    return writer;
  };
  auto stacks = table("stacks", 4);
  auto mappings = table("mappings", 12);
  auto processes = table("process_events", 9);
  auto thread_events = table("thread_events", 9);
  auto losses = table("losses", 9);
  auto statistics = table("statistics", 13);
  auto periods = table("periods", 7);
  auto placements = table("placements", 8);
  if (!status.ok()) return status;
  return RecordRows(repetition, std::move(stack), threads,
                    {*std::move(allocations), *std::move(stacks), *std::move(mappings),
                     *std::move(processes), *std::move(thread_events), *std::move(losses),
                     *std::move(statistics), *std::move(periods), *std::move(placements)});
}

void RecordRows::AddStack(std::uint32_t stack, std::int32_t pid) {
  const std::span<const std::uint64_t> frames = stack_(stack);
  if (frames.empty() || !stacks_.insert(stack).second) return;
  for (std::size_t depth = 0; depth < frames.size(); ++depth) {
    tables_.stacks.Add(repetition_, stack, depth, places_->CallerId(pid, frames[depth]));
  }
}

void RecordRows::Add(const AllocationRecord& r, std::int64_t id) {
  if (r.stack != 0 && !stacks_.contains(r.stack)) AddStack(r.stack, r.pid);
  tables_.allocations.Add(
      {id, Bits(r.time_ns), threads_.IdOf(r.pid, r.tid), static_cast<std::int64_t>(r.event),
       static_cast<std::int64_t>(r.call), Bits(r.address), Bits(r.size), Bits(r.old_address),
       r.caller == 0 ? 0 : places_->CallerId(r.pid, r.caller), r.stack, r.memory});
}

void RecordRows::Add(const MappingRecord& r, std::int64_t id) {
  tables_.mappings.Add(id, repetition_, r.time_ns, r.pid, r.tid, r.address, r.size, r.offset,
                       r.inode, places_->ModuleId(r.path, r.build_id), r.protection, r.shared);
}

void RecordRows::Add(const ProcessRecord& r, std::int64_t id) {
  tables_.processes.Add(id, repetition_, r.time_ns, r.pid, r.event, r.parent_pid, r.command,
                        r.executable, Bytes{r.build_id});
}

void RecordRows::Add(const ThreadRecord& r, std::int64_t id) {
  tables_.threads.Add(id, repetition_, r.time_ns, r.pid, r.tid, r.event, r.name, r.thread_pointer,
                      r.stack_top);
  if (r.event == ThreadEvent::kName) threads_.Name(r.pid, r.tid, r.name);
}

void RecordRows::Add(const LossRecord& r, std::int64_t id) {
  tables_.losses.Add(id, repetition_, r.time_ns, r.pid, r.tid, r.stream, r.kind, r.count,
                     r.duration_ns);
}

void RecordRows::Add(const StatisticsRecord& r, std::int64_t id) {
  tables_.statistics.Add(id, repetition_, r.time_ns, r.pid, r.wall_ns, r.user_ns, r.system_ns,
                         r.max_rss_bytes, r.minor_faults, r.major_faults, r.exit_code,
                         r.exit_signal, r.source);
}

void RecordRows::Add(const PeriodRecord& r, std::int64_t id) {
  tables_.periods.Add(id, repetition_, r.time_ns, r.stream, r.period, r.sample_cost_ns, r.overhead);
}

void RecordRows::Add(const PlacementRecord& r, std::int64_t id) {
  tables_.placements.Add(id, repetition_, r.time_ns, r.pid, r.address, r.size, r.node, r.weight);
}

}  // namespace heimdallr::store
