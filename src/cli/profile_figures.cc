#include "cli/profile_figures.h"

namespace heimdallr::cli {

analysis::AccessQuantities ProfileFigures::AllUnmatched() const {
  analysis::AccessQuantities sum;
  for (const analysis::AccessQuantities& reason : unmatched) sum.Merge(reason);
  return sum;
}

ProfileFigures FiguresOf(const analysis::AccessProfile& profile) {
  ProfileFigures figures{
      .all = profile.totals().accesses,
      .ticks = profile.totals().ticks,
      .ticks_without_access = profile.totals().ticks_without_access,
      .time_ns = analysis::SampledTimeNs(profile.totals().accesses.time_ns, profile.totals().ticks,
                                         profile.totals().ticks_without_access),
      .unit = profile.unit(),
      .unmatched = {}};
  for (std::size_t i = 0; i < figures.unmatched.size(); ++i) {
    figures.unmatched[i] = profile.objects().unmatched(static_cast<analysis::Unmatched>(i));
  }
  return figures;
}

ProfileTops TopsOf(const analysis::AccessProfile& profile, const Symbols& symbols,
                   std::size_t limit) {
  const analysis::CodeNames names(symbols, profile.modules());
  ProfileTops tops{.figures = FiguresOf(profile),
                   .objects = ObjectRows(profile, names, analysis::ObjectBy::kSite),
                   .code = CodeRows(profile, names, analysis::CodeBy::kFunction)};
  std::erase_if(tops.objects, [](const auto& row) { return row.quantities.none(); });
  SortRows(tops.objects, analysis::RowOrder::kAccesses, limit);
  SortRows(tops.code, analysis::RowOrder::kAccesses, limit);
  return tops;
}

}  // namespace heimdallr::cli
