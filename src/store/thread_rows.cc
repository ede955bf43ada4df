#include "store/thread_rows.h"

#include "store/next_id.h"

namespace heimdallr::store {

absl::StatusOr<ThreadRows> ThreadRows::Create(Connection& connection, std::int64_t repetition) {
  const auto next = NextId(connection, "threads");
  if (!next.ok()) return next.status();
  auto threads = TableWriter::Create(connection, "threads", 5);
  if (!threads.ok()) return threads.status();
  auto rename = Statement::Prepare(connection, "UPDATE threads SET name = ? WHERE id = ?");
  if (!rename.ok()) return rename.status();
  return ThreadRows(connection, repetition, *next, *std::move(threads), *std::move(rename));
}

std::int64_t ThreadRows::Find(Key key) {
  if (ids_.size() == kMostKept) ids_.clear();
  const auto [entry, is_new] = ids_.try_emplace(key, next_);
  if (is_new) threads_.Add(next_++, repetition_, key.first, key.second, std::nullopt);
  last_ = key;
  last_id_ = entry->second;
  return last_id_;
}

}  // namespace heimdallr::store
