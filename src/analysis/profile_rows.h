// The rows of the object and code tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/access_profile.h"
#include "analysis/access_quantities.h"
#include "analysis/code_names.h"
#include "analysis/node_statistics.h"
#include "analysis/object_table.h"
#include "heimdallr/symbols.h"

namespace heimdallr::analysis {

/// An object, or several that are counted together.
struct ObjectRow {
  std::string name;
  ObjectType type = ObjectType::kHeap;
  AllocationCall call = AllocationCall::kUnknown;  ///< of heap blocks and mappings
  std::optional<CodeName> site;                    ///< of heap blocks and mappings
  std::string module;                              ///< of kGlobal and kSection: path
  bool merged = false;  ///< several objects: what follows is of one alone
  std::int32_t pid = 0;
  std::uint64_t address = 0;
  std::uint64_t start_ns = 0;
  std::optional<std::uint64_t> end_ns;  ///< none = alive at the end

  std::uint64_t count = 1;
  std::uint64_t bytes = 0;  ///< sizes of all
  double mean_lifetime_ns = 0;
  AccessQuantities quantities;
  NodeFigures nodes;  ///< empty for an object that was not merged

  [[nodiscard]] std::uint64_t mean_size() const { return count == 0 ? 0 : bytes / count; }
  [[nodiscard]] double accesses_per_byte() const {
    return bytes == 0 ? 0 : quantities.estimated() / static_cast<double>(bytes);
  }
};

enum class ObjectBy : std::uint8_t {
  kSite = 0,    ///< heap blocks and mappings by the code that asked for them, the rest by name
  kObject = 1,  ///< each object that was accessed
  kType = 2,
};

/// Not sorted. Of kObject: those that were accessed; what ObjectTable no longer keeps apart is one
/// merged row a site.
[[nodiscard]] std::vector<ObjectRow> ObjectRows(const AccessProfile& profile,
                                                const CodeNames& names, ObjectBy by);

/// The row of the objects of one group, without counts and quantities. It can be asked for while
/// the records are still being read.
[[nodiscard]] ObjectRow GroupRow(const AccessProfile& profile, const CodeNames& names,
                                 std::uint32_t group);

/// One row for each group of the object table, in its order: what kSite merges where names are the
/// same. Those of nothing have count 0.
[[nodiscard]] std::vector<ObjectRow> GroupRows(const AccessProfile& profile,
                                               const CodeNames& names);

/// Calls in one line of the source have one name: adds to the names of such rows where in the file
/// each is. None of `rows` is nullptr.
void TellApart(const std::vector<ObjectRow*>& rows);

struct CodeRow {
  CodeName name;  ///< of kFunction without line; of kLine its first place
  AccessQuantities quantities;
};

enum class CodeBy : std::uint8_t {
  kFunction = 0,         ///< the function that holds the code
  kInlinedFunction = 1,  ///< the function inlined deepest
  kLine = 2,             ///< the line of the source
};

/// Not sorted.
[[nodiscard]] std::vector<CodeRow> CodeRows(const AccessProfile& profile, const CodeNames& names,
                                            CodeBy by);

/// What a table is sorted by; most first, but names.
enum class RowOrder : std::uint8_t {
  kAccesses,
  kTime,
  kLoads,
  kStores,
  kRecords,
  kFaults,
  kLatency,
  kThreads,
  kName,
  // Of objects alone.
  kSize,
  kBytes,
  kCount,
  kLifetime,
  kDensity,
};

/// By its name on the command line; nothing if there is none such.
[[nodiscard]] std::optional<RowOrder> ParseRowOrder(std::string_view name);
[[nodiscard]] bool IsOfObjects(RowOrder order);
/// "accesses, time, ...": those that such rows can be sorted by.
enum class RowKind : std::uint8_t { kObjects = 0, kCode = 1 };
[[nodiscard]] std::string RowOrderNames(RowKind kind);

/// Sorts and keeps the first `limit`. Equal rows go by name.
void SortRows(std::vector<ObjectRow>& rows, RowOrder order, std::size_t limit);
void SortRows(std::vector<CodeRow>& rows, RowOrder order, std::size_t limit);

}  // namespace heimdallr::analysis
