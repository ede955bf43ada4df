// The objects that are shown one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/object_table.h"

namespace heimdallr::report {

struct ShownObject {
  std::uint64_t number = 0;  ///< 0 = never accessed
  std::uint32_t group = 0;   ///< in the object table
  std::uint32_t process = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;  ///< when ended
  bool ended = false;
  std::uint64_t records = 0;  ///< accesses and page faults that are in the report
};

/// Keeps those with the most records, and of those never accessed the largest. Memory: twice as
/// many as are kept. Not thread-safe.
class ObjectChoice {
 public:
  ObjectChoice(std::size_t accessed, std::size_t quiet)
      : most_accessed_(accessed), most_quiet_(quiet) {}

  void Add(const ShownObject& object);
  void AddQuiet(const ShownObject& object);

  /// All that are kept: most records first, then the largest.
  [[nodiscard]] std::vector<ShownObject> Take() &&;

 private:
  std::size_t most_accessed_;
  std::size_t most_quiet_;
  std::vector<ShownObject> accessed_;
  std::vector<ShownObject> quiet_;
  std::uint64_t least_quiet_bytes_ = 0;  // smaller ones will not be kept
};

}  // namespace heimdallr::report
