// Which file the code at an address came from.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/range_map.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

/// A file that holds code. Two builds of one path are two modules.
struct Module {
  std::string path;
  std::string build_id;  ///< bytes; empty = none or not known
};

/// A place in code that stays the same from run to run.
struct CodeLocation {
  std::uint32_t module = 0;  ///< `ModuleMap::module`; 0 = not known
  std::uint64_t offset = 0;  ///< bytes into the module's file; the address itself if not known

  friend bool operator==(const CodeLocation&, const CodeLocation&) = default;
};

/// Follows the executable file mappings of every process, fed in order of time. A forked child
/// starts with its parent's; exec and exit drop them. Memory: live processes' code mappings, shared
/// between parent and child until one changes, and one entry a module. Not thread-safe.
class ModuleMap {
 public:
  void Add(const MappingRecord& record);
  void Add(const ProcessRecord& record);

  /// Where `address` lies in the code of process `pid` now.
  [[nodiscard]] CodeLocation Find(std::int32_t pid, std::uint64_t address) const;

  /// `id` as Find returned it, from 1.
  [[nodiscard]] const Module& module(std::uint32_t id) const { return modules_[id - 1]; }

 private:
  struct Code {
    std::uint64_t file_offset_minus_address = 0;  // modulo 2^64: the same for every part of a range
    std::uint32_t module = 0;
  };
  using Ranges = RangeMap<Code>;

  Ranges& Writable(std::int32_t pid);
  std::uint32_t ModuleId(const MappingRecord& record);

  absl::flat_hash_map<std::int32_t, std::shared_ptr<Ranges>> processes_;
  std::vector<Module> modules_;
  std::map<std::pair<std::string, std::string>, std::uint32_t, std::less<>> ids_;
};

}  // namespace heimdallr::analysis
