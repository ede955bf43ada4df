#include "store/access_rows.h"

#include "analysis/data_source.h"
#include "store/next_id.h"
#include "store/quantity_columns.h"

namespace heimdallr::store {
namespace {

constexpr std::size_t kObjectColumns = 10 + kQuantityColumns;

std::int64_t Bits(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

absl::StatusOr<AccessRows> AccessRows::Create(Connection& connection, std::int64_t repetition,
                                              std::uint64_t page_bytes, ThreadRows& threads) {
  auto accesses = AccessWriter::Create(connection, "accesses");
  if (!accesses.ok()) return accesses.status();
  auto faults = FaultWriter::Create(connection, "faults");
  if (!faults.ok()) return faults.status();
  auto forms = TableWriter::Create(connection, "access_forms", 13);
  if (!forms.ok()) return forms.status();
  auto objects = TableWriter::Create(connection, "objects", kObjectColumns);
  if (!objects.ok()) return objects.status();
  const auto form = NextId(connection, "access_forms");
  if (!form.ok()) return form.status();
  const auto object = NextId(connection, "objects");
  if (!object.ok()) return object.status();
  const auto group = NextId(connection, "object_groups");
  if (!group.ok()) return group.status();
  return AccessRows(
      repetition, page_bytes, threads,
      {*std::move(accesses), *std::move(faults), *std::move(forms), *std::move(objects)},
      {*form, *object, *group});
}

std::int64_t AccessRows::CodeOf(std::uint32_t instruction, std::uint64_t address) {
  if (instruction >= code_.size()) code_.resize(instruction + 1);
  SeenCode& seen = code_[instruction];
  if (seen.id == 0 || seen.address != address) {
    const auto& place = profile_->code().instructions()[instruction].place;
    seen = {address, places_->CodeId(place, address)};
  }
  return seen.id;
}

std::int64_t AccessRows::FormOf(const AccessRecord& record, const analysis::AccessShare& share,
                                analysis::Unmatched unmatched) {
  const Form form{.period = record.period,
                  .data_source = record.data_source,
                  .time_ns = share.time_ns,
                  .weight = record.weight,
                  .size = record.size,
                  .stream = record.stream,
                  .kind = record.kind,
                  .direct = record.direct,
                  .unmatched = unmatched};
  if (const auto found = forms_.find(form); found != forms_.end()) return found->second;
  if (forms_.size() == kMostForms) forms_.clear();
  const std::int64_t id = next_form_++;
  forms_.emplace(form, id);
  tables_.forms.Add(id, repetition_, form.stream, form.kind, form.size, form.direct, form.weight,
                    form.period, form.data_source,
                    analysis::Name(analysis::DataSourceOf(form.data_source)), share.estimate,
                    form.time_ns, form.unmatched);
  return id;
}

void AccessRows::OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                          const analysis::Joined& joined) {
  heat_.Add(record);
  tables_.accesses.Add(
      {access_ids_.front(), Bits(record.time_ns), threads_.IdOf(record.pid, record.tid),
       CodeOf(joined.instruction, record.ip), ObjectOf(joined), Bits(record.address),
       FormOf(record, share, joined.reason), Bits(record.tick), record.cpu, record.latency_cycles});
  access_ids_.pop_front();
}

void AccessRows::OnFault(const FaultRecord& record, const analysis::Joined& joined) {
  tables_.faults.Add({fault_id_, Bits(record.time_ns), threads_.IdOf(record.pid, record.tid),
                      CodeOf(joined.instruction, record.ip), ObjectOf(joined), Bits(record.address),
                      record.stream, record.cpu, static_cast<std::int64_t>(joined.reason)});
}

void AccessRows::OnObject(const analysis::Object& object) {
  AddQuantities(tables_.objects, object.quantities,
                objects_before_ + static_cast<std::int64_t>(object.number), repetition_,
                object.number, first_group_ + object.group, object.pid, object.tid, object.address,
                object.size, object.start_ns,
                object.ended ? std::optional(object.end_ns) : std::nullopt);
}

void AccessRows::Flush() {
  tables_.accesses.Flush();
  tables_.faults.Flush();
}

}  // namespace heimdallr::store
