#include "report/access_filter.h"

#include <algorithm>
#include <limits>

namespace heimdallr::report {

std::vector<bool> GroupsNamed(const std::vector<analysis::ObjectRow>& groups,
                              const std::vector<std::string>& texts) {
  std::vector<bool> named(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const analysis::ObjectRow& row = groups[i];
    const std::string site = row.site ? row.site->Text() : std::string();
    named[i] = std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
      return row.name.find(text) != std::string::npos || site.find(text) != std::string::npos;
    });
  }
  return named;
}

bool AccessFilter::Overlaps(std::uint64_t address, std::uint64_t size) const {
  // What has no known size counts as its first byte.
  const std::uint64_t last =
      address + std::min(std::max<std::uint64_t>(size, 1) - 1,
                         std::numeric_limits<std::uint64_t>::max() - address);
  return address < address_->end && last >= address_->begin;
}

bool AccessFilter::AcceptsQuiet(const analysis::Object& object) const {
  const bool lived = !time_ns_ || (object.start_ns < time_ns_->end &&
                                   (!object.ended || object.end_ns >= time_ns_->begin));
  return lived && (!address_ || Overlaps(object.address, object.size)) &&
         AcceptsGroup(object.group);
}

}  // namespace heimdallr::report
