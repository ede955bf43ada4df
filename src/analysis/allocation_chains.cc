#include "analysis/allocation_chains.h"

namespace heimdallr::analysis {

std::vector<CodePlace> ChainOf(const AllocationRecord& record, const ModuleMap& modules,
                               const StackLookup& stack) {
  std::vector<CodePlace> chain;
  if (record.stack != 0 && stack) {
    for (const std::uint64_t address : stack(record.stack)) {
      chain.push_back(CallPlaceOf(modules, record.pid, address));
    }
  }
  if (chain.empty()) chain.push_back(CallPlaceOf(modules, record.pid, record.caller));
  return chain;
}

std::uint32_t AllocationChains::IdOf(const AllocationRecord& record) {
  const Key key{record.stack, record.stack == 0 ? record.caller : 0};
  if (const auto process = known_.find(record.pid); process != known_.end()) {
    const auto found = process->second.find(key);
    if (found != process->second.end()) return found->second;
  }
  if (++known_entries_ > kMostKnown) {
    known_.clear();
    known_entries_ = 1;
  }
  const std::uint32_t id = chains_.IdOf(ChainOf(record, modules_, stack_));
  known_[record.pid].emplace(key, id);
  return id;
}

}  // namespace heimdallr::analysis
