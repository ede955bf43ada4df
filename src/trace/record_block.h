// The records of one chunk, decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "heimdallr/records.h"

namespace heimdallr::trace {

/// Records of one kind, in order of time once SortByTime has been called.
struct RecordBlock {
  std::vector<Record> records;
  std::vector<std::uint64_t> times_ns;  ///< of each record: what merging compares
  std::size_t next = 0;                 ///< the first that was not returned yet
  std::uint64_t order = 0;              ///< among blocks with equal times

  [[nodiscard]] std::uint64_t next_time_ns() const { return times_ns[next]; }
  [[nodiscard]] bool exhausted() const { return next == records.size(); }

  /// Memory it holds, nearly.
  [[nodiscard]] std::size_t bytes() const {
    return records.size() * (sizeof(Record) + sizeof(std::uint64_t)) + 256;
  }
  void Clear() {
    records.clear();
    times_ns.clear();
    next = 0;
  }
  void Reserve(std::size_t count) {
    records.reserve(count);
    times_ns.reserve(count);
  }
  template <typename T>
  void Add(const T& record) {
    records.emplace_back(std::in_place_type<T>, record);
    times_ns.push_back(record.time_ns);
  }
  /// Adds a record like `common` but of another time, to be completed where it is: a copy made of
  /// values just stored would wait for them.
  template <typename T>
  T& AddLike(const T& common, std::uint64_t time_ns) {
    times_ns.push_back(time_ns);
    T& record = *std::get_if<T>(&records.emplace_back(std::in_place_type<T>, common));
    record.time_ns = time_ns;
    return record;
  }
  /// Puts the records in order of time; those of equal time keep theirs.
  void SortByTime();
};

}  // namespace heimdallr::trace
