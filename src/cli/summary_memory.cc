#include <string>

#include "analysis/served_memory.h"
#include "base/printable.h"
#include "cli/plain_text.h"
#include "cli/summary_text.h"

namespace heimdallr::cli {

// "all from node:0", or what each memory served: "kind:regular served 1,204 blocks (1.2 MiB);
// default served 12 blocks (72 KiB)". The heap that was asked for comes first.
std::string MemoryText(const TraceSummary& summary) {
  const std::vector<MemoryInfo>& memories = summary.header.memories;
  if (memories.empty()) return {};
  if (memories.size() == 1) return "all from " + base::Printable(memories.front().name);
  std::string text;
  std::string general;
  for (const MemoryInfo& memory : memories) {
    std::string part = base::Printable(memory.name);
    if (summary.header.allocations) {
      const analysis::ServedAmount& served = summary.statistics->served().Of(memory.id);
      part += fmt::format(" served {} ({})", Count(served.blocks, "block", "blocks"),
                          Bytes(served.bytes));
    }
    if (memory.id == 0) {
      general = std::move(part);
    } else {
      text += (text.empty() ? "heap: " : "; ") + part;
    }
  }
  return general.empty() ? text : text + "; " + general;
}

}  // namespace heimdallr::cli
