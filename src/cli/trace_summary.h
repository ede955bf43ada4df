// One trace, read to its end and summed up.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "analysis/code_names.h"
#include "analysis/record_source.h"
#include "analysis/trace_statistics.h"
#include "cli/open_records.h"
#include "cli/profile_figures.h"
#include "heimdallr/trace_header.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr::cli {

struct TraceSummary {
  std::string path;
  std::unique_ptr<analysis::RecordSource> source;  ///< read to its end; holds the symbols
  TraceHeader header;
  TraceExtent extent;
  std::optional<RecorderStatistics> recorder;  ///< none if the recording did not end well
  std::unique_ptr<analysis::TraceStatistics> statistics;
  std::optional<ProfileTops> tops;    ///< of traces with accesses
  std::optional<std::string> defect;  ///< `DefectOf` the file; what precedes it is summed up
};

/// Errors as OpenStream: nothing could be read.
[[nodiscard]] absl::StatusOr<TraceSummary> SummariseTrace(const std::string& path,
                                                          const RecordingChoice& choice = {});

/// At most `limit` processes besides the first, most CPU time first.
[[nodiscard]] std::vector<const analysis::ProcessInfo*> OtherProcesses(const TraceSummary& summary,
                                                                       std::size_t limit);

enum class SiteMemory { kHeap, kMapped };

/// At most `limit` allocation sites, most bytes first.
[[nodiscard]] std::vector<const analysis::AllocationSite*> TopSites(const TraceSummary& summary,
                                                                    SiteMemory memory,
                                                                    std::size_t limit);

/// What the code of a site is called; none if it is in no file, or not known.
[[nodiscard]] std::optional<analysis::CodeName> NameOf(const TraceSummary& summary,
                                                       const analysis::AllocationSite& site);

/// Sites there are in all.
[[nodiscard]] std::size_t SiteCount(const TraceSummary& summary, SiteMemory memory);

}  // namespace heimdallr::cli
