// Objects of one site, or of one name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_quantities.h"
#include "analysis/object_table.h"
#include "analysis/profile_rows.h"

namespace heimdallr::report {

struct ReportGroup {
  analysis::ObjectRow row;  ///< its quantities are those of the report
  std::string key;          ///< the same for the same group of another recording
  std::uint64_t folded_objects = 0;
  std::uint64_t folded_records = 0;
};

/// The rows of a run's objects, most records first: groups of the object table that no name tells
/// apart are one.
class GroupTable {
 public:
  static constexpr std::int32_t kNone = -1;

  /// `rows` by number of the group, as analysis::GroupRows gives them; `quantities` of the accesses
  /// in the report, likewise (missing ones are of nothing). Groups for which `shown` is false, and
  /// those of nothing, are left out.
  template <typename Shown>
  GroupTable(std::vector<analysis::ObjectRow> rows,
             const std::vector<analysis::AccessQuantities>& quantities, Shown&& shown) {
    static const analysis::AccessQuantities kNothing;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const analysis::AccessQuantities& q = i < quantities.size() ? quantities[i] : kNothing;
      const bool empty = rows[i].count == 0 && q.none();
      const bool left_out = empty || !shown(static_cast<std::uint32_t>(i));
      of_.push_back(left_out ? kNone : Add(std::move(rows[i]), q));
    }
    MakeKeys();
    Sort();
  }

  /// Index into groups, or kNone, by number in the object table.
  [[nodiscard]] std::int32_t Of(std::uint32_t number) const {
    return number < of_.size() ? of_[number] : kNone;
  }
  /// Of blocks and mappings asked for at that site.
  [[nodiscard]] std::int32_t OfSite(analysis::ObjectType type, AllocationCall call,
                                    const analysis::CodeName& site) const;

  [[nodiscard]] std::vector<ReportGroup>& groups() { return groups_; }
  [[nodiscard]] const std::vector<ReportGroup>& groups() const { return groups_; }

 private:
  using Key =
      std::tuple<analysis::ObjectType, AllocationCall, std::string, std::string, std::uint64_t>;

  static Key KeyOf(const analysis::ObjectRow& row);
  std::int32_t Add(analysis::ObjectRow row, const analysis::AccessQuantities& quantities);
  void MakeKeys();
  void Sort();

  std::vector<ReportGroup> groups_;
  std::vector<std::int32_t> of_;
  absl::flat_hash_map<Key, std::int32_t> ids_;
};

}  // namespace heimdallr::report
