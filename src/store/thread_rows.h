// Threads that records name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "store/table_writer.h"

namespace heimdallr::store {

/// Fills `threads` of one repetition. Not thread-safe.
class ThreadRows {
 public:
  [[nodiscard]] static absl::StatusOr<ThreadRows> Create(Connection& connection,
                                                         std::int64_t repetition);

  /// The id of its row, which is added if it is not there.
  std::int64_t IdOf(std::int32_t pid, std::int32_t tid) {
    if (last_id_ != 0 && pid == last_.first && tid == last_.second) return last_id_;
    return Find({pid, tid});
  }
  /// The thread has this name from now on.
  void Name(std::int32_t pid, std::int32_t tid, std::string_view name) {
    if (connection_->noted().ok()) connection_->Note(rename_.Run(name, IdOf(pid, tid)));
  }

 private:
  using Key = std::pair<std::int32_t, std::int32_t>;
  // Damaged traces may name any number of threads: then there are several rows of one.
  static constexpr std::size_t kMostKept = 1 << 20;

  ThreadRows(Connection& connection, std::int64_t repetition, std::int64_t next,
             TableWriter threads, Statement rename)
      : connection_(&connection),
        repetition_(repetition),
        next_(next),
        threads_(std::move(threads)),
        rename_(std::move(rename)) {}

  std::int64_t Find(Key key);

  Connection* connection_;
  std::int64_t repetition_;
  std::int64_t next_;
  TableWriter threads_;
  Statement rename_;
  absl::flat_hash_map<Key, std::int64_t> ids_;
  Key last_;
  std::int64_t last_id_ = 0;  // of last_; 0 = none yet
};

}  // namespace heimdallr::store
