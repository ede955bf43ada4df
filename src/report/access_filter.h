// Which accesses are in the report.
#pragma once

#include <optional>
#include <vector>

#include "analysis/access_observer.h"
#include "analysis/object_table.h"
#include "analysis/profile_rows.h"
#include "heimdallr/records.h"
#include "report/report_input.h"

namespace heimdallr::report {

/// Groups of the object table whose name or site has one of the texts in it, by their numbers.
[[nodiscard]] std::vector<bool> GroupsNamed(const std::vector<analysis::ObjectRow>& groups,
                                            const std::vector<std::string>& texts);

/// Decides by time, address and the object's group.
class AccessFilter {
 public:
  /// `groups` as GroupsNamed gives it, absent where objects are not filtered.
  AccessFilter(const ReportFilter& filter, std::optional<std::vector<bool>> groups)
      : time_ns_(filter.time_ns), address_(filter.address), groups_(std::move(groups)) {}

  [[nodiscard]] bool Accepts(const AccessRecord& record, const analysis::Joined& joined) const {
    return Accepts(record.time_ns, record.address, record.size, joined);
  }
  [[nodiscard]] bool Accepts(const FaultRecord& record, const analysis::Joined& joined) const {
    return Accepts(record.time_ns, record.address, 1, joined);
  }
  /// Whether an object without accesses is shown.
  [[nodiscard]] bool AcceptsQuiet(const analysis::Object& object) const;
  [[nodiscard]] bool AcceptsGroup(std::uint32_t group) const {
    return !groups_ || (group < groups_->size() && (*groups_)[group]);
  }

 private:
  [[nodiscard]] bool Accepts(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size,
                             const analysis::Joined& joined) const {
    return (!time_ns_ || time_ns_->Holds(time_ns)) && (!address_ || Overlaps(address, size)) &&
           (!groups_ || (joined.object != 0 && AcceptsGroup(joined.group)));
  }
  [[nodiscard]] bool Overlaps(std::uint64_t address, std::uint64_t size) const;

  std::optional<Interval> time_ns_;
  std::optional<Interval> address_;
  std::optional<std::vector<bool>> groups_;
};

}  // namespace heimdallr::report
