#include "import/perf_event_names.h"

#include <fmt/format.h>

namespace heimdallr::imports {
namespace {

std::string NameOfSoftware(std::uint64_t config) {
  switch (config) {
    case PERF_COUNT_SW_CPU_CLOCK:
      return "cpu-clock";
    case PERF_COUNT_SW_TASK_CLOCK:
      return "task-clock";
    case PERF_COUNT_SW_PAGE_FAULTS:
      return "page-faults";
    case PERF_COUNT_SW_PAGE_FAULTS_MIN:
      return "minor-faults";
    case PERF_COUNT_SW_PAGE_FAULTS_MAJ:
      return "major-faults";
    default:
      return fmt::format("software/config={:#x}/", config);
  }
}

}  // namespace

std::string EventName(const PerfDataEvent& event) {
  if (!event.name.empty()) return event.name;
  const perf_event_attr& attributes = event.attributes;
  if (attributes.type == PERF_TYPE_SOFTWARE) return NameOfSoftware(attributes.config);
  std::string terms = fmt::format("config={:#x}", attributes.config);
  if (attributes.config1 != 0) terms += fmt::format(",config1={:#x}", attributes.config1);
  if (attributes.config2 != 0) terms += fmt::format(",config2={:#x}", attributes.config2);
  return fmt::format("type{}/{}/", attributes.type, terms);
}

SourceKind SourceOf(const PerfDataEvent& event) {
  const perf_event_attr& attributes = event.attributes;
  if (attributes.type != PERF_TYPE_SOFTWARE) return SourceKind::kPmu;
  switch (attributes.config) {
    case PERF_COUNT_SW_PAGE_FAULTS:
    case PERF_COUNT_SW_PAGE_FAULTS_MIN:
    case PERF_COUNT_SW_PAGE_FAULTS_MAJ:
      return SourceKind::kFaults;
    default:
      return SourceKind::kPmu;
  }
}

}  // namespace heimdallr::imports
