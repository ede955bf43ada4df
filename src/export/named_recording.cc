#include "export/named_recording.h"

#include <variant>

#include "analysis/names.h"
#include "analysis/object_statistics.h"
#include "analysis/profile_rows.h"

namespace heimdallr::exports {

NamedRecording::NamedRecording(analysis::RecordSource& source, analysis::AccessObserver* observer)
    : profile_(
          source.header(), source.symbols(),
          [&source](std::uint32_t id) { return source.Stack(id); }, observer),
      names_(source.symbols(), profile_.modules()),
      places_(names_, words_) {}

void NamedRecording::Add(const Record& record) {
  if (const auto* process = std::get_if<ProcessRecord>(&record)) Note(*process);
  if (const auto* thread = std::get_if<ThreadRecord>(&record)) Note(*thread);
  profile_.Add(record);
}

void NamedRecording::Note(const ProcessRecord& record) {
  if (record.event == ProcessEvent::kExit) return;
  if (record.event == ProcessEvent::kStart && record.command.empty()) {
    process_names_[record.pid] = ProcessName(record.parent_pid);
  } else if (!record.command.empty()) {
    process_names_[record.pid] = words_.IdOf(record.command);
  }
  thread_names_.erase(record.pid);  // the first thread is called as its process again
}

void NamedRecording::Note(const ThreadRecord& record) {
  if (record.event == ThreadEvent::kStart) thread_names_.erase(record.tid);
  if (record.event != ThreadEvent::kName) return;
  thread_names_[record.tid] = words_.IdOf(record.name);
}

std::uint32_t NamedRecording::ProcessName(std::int32_t pid) const {
  const auto found = process_names_.find(pid);
  return found == process_names_.end() ? 0 : found->second;
}

std::uint32_t NamedRecording::ThreadName(std::int32_t pid, std::int32_t tid) const {
  const auto found = thread_names_.find(tid);
  return found == thread_names_.end() ? ProcessName(pid) : found->second;
}

std::uint32_t NamedRecording::instruction_place(std::uint32_t index) {
  const auto& all = profile_.code().instructions();
  if (instructions_.size() <= index) instructions_.resize(all.size(), kUnnamed);
  std::uint32_t& place = instructions_[index];
  if (place == kUnnamed) place = places_.IdOf(all[index].place);
  return place;
}

const NamedPlace& NamedRecording::instruction(std::uint32_t index) {
  return places_[instruction_place(index)];
}

const NamedGroup& NamedRecording::group(std::uint32_t index) {
  if (groups_.size() <= index) groups_.resize(profile_.objects().table().groups().size());
  NamedGroup& group = groups_[index];
  if (group.type != 0) return group;
  const analysis::ObjectRow row = analysis::GroupRow(profile_, names_, index);
  group.type = words_.IdOf(analysis::Name(row.type));
  group.name = words_.IdOf(row.name);
  group.module = words_.IdOf(row.module);
  if (row.call != AllocationCall::kUnknown) group.call = words_.IdOf(analysis::Name(row.call));
  if (row.site) {
    group.function = words_.IdOf(row.site->function);
    group.file = words_.IdOf(row.site->file);
    group.line = row.site->line;
    group.module = words_.IdOf(row.site->module);
  }
  return group;
}

}  // namespace heimdallr::exports
