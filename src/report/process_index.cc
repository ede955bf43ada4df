#include "report/process_index.h"

#include <algorithm>

namespace heimdallr::report {

void ProcessIndex::NoteNew(std::int32_t pid, std::uint64_t time_ns) {
  for (; known_ < table_.processes().size(); ++known_) {
    by_pid_[pid].emplace_back(time_ns, known_);
    last_ = nullptr;
  }
}

void ProcessIndex::Add(const ProcessRecord& record) {
  table_.Add(record);
  NoteNew(record.pid, record.time_ns);
}

void ProcessIndex::Add(const ThreadRecord& record) {
  table_.Add(record);
  NoteNew(record.pid, record.time_ns);
}

void ProcessIndex::Add(const StatisticsRecord& record) {
  table_.Add(record);
  NoteNew(record.pid, record.time_ns);
}

std::uint32_t ProcessIndex::Of(std::int32_t pid, std::uint64_t time_ns) {
  if (last_ == nullptr || pid != last_pid_) {
    auto found = by_pid_.find(pid);
    if (found == by_pid_.end()) {
      table_.Of(pid);
      NoteNew(pid, time_ns);
      found = by_pid_.find(pid);
    }
    last_ = &found->second;
    last_pid_ = pid;
  }
  for (std::size_t i = last_->size(); i-- > 1;) {
    if ((*last_)[i].first <= time_ns) return (*last_)[i].second;
  }
  return last_->front().second;
}

std::uint16_t ThreadIndex::Of(std::uint32_t process, std::int32_t tid) {
  const Key key{process, tid};
  if (key == last_key_) return last_;
  const auto known = ids_.find(key);
  if (known != ids_.end()) {
    last_ = known->second;
  } else if (threads_.size() < kMost) {
    last_ = static_cast<std::uint16_t>(threads_.size());
    threads_.push_back({process, tid});
    ids_.emplace(key, last_);
  } else {
    last_ = kMost - 1;
  }
  last_key_ = key;
  return last_;
}

void ThreadIndex::SetName(std::uint32_t process, std::int32_t tid, std::string_view name) {
  names_[{process, tid}] = std::string(name);
}

std::string ThreadIndex::NameOf(const Thread& thread) const {
  const auto name = names_.find({thread.process, thread.tid});
  return name == names_.end() ? std::string() : name->second;
}

}  // namespace heimdallr::report
