#include "recorder/thread_pointers.h"

#include <algorithm>

namespace heimdallr::recorder {

void ThreadPointers::OnReport(std::uint64_t time_ns, std::int32_t tid, std::uint64_t pointer) {
  std::vector<Report>& reports = reports_[tid];
  const auto behind = std::upper_bound(
      reports.begin(), reports.end(), time_ns,
      [](std::uint64_t time, const Report& report) { return time < report.time_ns; });
  reports.insert(behind, {time_ns, pointer});
}

void ThreadPointers::OnFork(std::uint64_t time_ns, std::int32_t child_tid,
                            std::int32_t parent_tid) {
  OnEnd(time_ns, child_tid);  // of the thread that had the id before, if its end was lost
  if (const auto pointer = Find(time_ns, parent_tid)) OnReport(time_ns, child_tid, *pointer);
}

void ThreadPointers::OnEnd(std::uint64_t time_ns, std::int32_t tid) {
  const auto entry = reports_.find(tid);
  if (entry == reports_.end()) return;
  std::erase_if(entry->second, [&](const Report& report) { return report.time_ns <= time_ns; });
  if (entry->second.empty()) reports_.erase(entry);
}

std::optional<std::uint64_t> ThreadPointers::Find(std::uint64_t time_ns, std::int32_t tid) const {
  const auto entry = reports_.find(tid);
  if (entry == reports_.end()) return std::nullopt;
  std::optional<std::uint64_t> pointer;
  for (const Report& report : entry->second) {
    if (report.time_ns <= time_ns) pointer = report.pointer;
  }
  return pointer;
}

}  // namespace heimdallr::recorder
