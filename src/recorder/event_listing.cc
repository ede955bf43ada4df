#include "recorder/event_listing.h"

#include <utility>

#include "base/status_macros.h"

namespace heimdallr::recorder {

absl::StatusOr<EventListing> ListEvents(const std::string& sys_root, std::uint32_t ldlat) {
  ASSIGN_OR_RETURN(perf::PmuCatalog catalog, perf::PmuCatalog::Read(sys_root));
  perf::MachineMemoryEvents memory = perf::FindMemoryEvents(catalog, ldlat);
  return EventListing{.catalog = std::move(catalog), .memory = std::move(memory)};
}

absl::StatusOr<std::vector<perf::EncodedEvent>> EncodeText(const std::string& event,
                                                           const perf::PmuCatalog& catalog) {
  ASSIGN_OR_RETURN(const perf::ParsedEvent parsed, perf::ParseEvent(event));
  return perf::EncodeEvent(parsed, catalog);
}

}  // namespace heimdallr::recorder
