#include "export/stack_profile.h"

#include <sys/mman.h>

#include <variant>

namespace heimdallr::exports {
namespace {

using analysis::Joined;
using analysis::Unmatched;

constexpr std::size_t kMostStacks = 1 << 18;  // of accesses, and as many of allocations

}  // namespace

StackProfile::StackProfile(analysis::RecordSource& source, const Selection& selection)
    : source_(source),
      selection_(selection),
      recording_(source, this),
      chains_(recording_.profile().modules(),
              [&source](std::uint32_t id) { return source.Stack(id); }),
      named_chains_(chains_.chains(), recording_.places()),
      sums_(no_modules_, source.header().page_size_bytes) {}

Exported StackProfile::Read() {
  // Nothing is written meanwhile that could fail.
  auto exported = ReadRecords(source_, [this](const Record& record) {
    Add(record);
    return absl::OkStatus();
  });
  recording_.Finish();
  FinishAllocations();
  exported->rows = allocations_.size() + accesses_.size();
  return *std::move(exported);
}

void StackProfile::Add(const Record& record) {
  recording_.Add(record);
  if (const auto* mapping = std::get_if<MappingRecord>(&record)) Note(*mapping);
  const auto* process = std::get_if<ProcessRecord>(&record);
  const auto* allocation = std::get_if<AllocationRecord>(&record);
  if (process != nullptr) Note(*process);
  if (process == nullptr && allocation == nullptr) return;
  const std::uint64_t time_ns = TimeNs(record);
  if (time_ns >= selection_.time_ns.end) return;
  if (time_ns >= selection_.time_ns.begin && !before_) NoteBefore();
  if (process != nullptr) sums_.Add(*process);
  if (allocation != nullptr && selection_.OfProcess(allocation->pid)) Add(*allocation);
}

// Every free is counted: one of a block that was not selected is of no known block, and has no
// effect.
void StackProfile::Add(const AllocationRecord& record) {
  const bool selected = selection_.address.Overlaps(record.address, record.size);
  if (record.event == AllocationEvent::kAllocate && record.address != 0 && !selected) return;
  AllocationRecord numbered = record;
  if (record.event == AllocationEvent::kAllocate) numbered.caller = NumberOf(record) + 1;
  sums_.Add(numbered);
}

std::uint64_t StackProfile::NumberOf(const AllocationRecord& record) {
  AllocationKey key{chains_.IdOf(record), record.pid, record.tid};
  const auto known = key_numbers_.find(key);
  if (known != key_numbers_.end()) return known->second;
  if (keys_.size() >= kMostStacks) key = {std::get<0>(key), 0, 0};
  const auto [entry, is_new] =
      key_numbers_.try_emplace(key, static_cast<std::uint32_t>(keys_.size()));
  if (is_new) keys_.push_back(key);
  return entry->second;
}

void StackProfile::NoteBefore() {
  before_.emplace();
  for (const analysis::AllocationSite& site : sums_.sites()) {
    before_->push_back({site.allocations, site.bytes});
  }
}

void StackProfile::FinishAllocations() {
  if (!before_) NoteBefore();  // all of it came before the selected time
  const auto& sites = sums_.sites();
  for (std::size_t i = 0; i < sites.size(); ++i) {
    const analysis::AllocationSite& site = sites[i];
    if (site.caller == 0) continue;  // frees alone
    const auto& [chain, pid, tid] = keys_[site.caller - 1];
    AllocationStack stack{.chain = chain,
                          .pid = pid,
                          .tid = tid,
                          .call = site.call,
                          .allocations = site.allocations,
                          .bytes = site.bytes,
                          .live_blocks = site.never_freed_blocks(),
                          .live_bytes = site.never_freed_bytes()};
    if (i < before_->size()) {
      stack.allocations -= (*before_)[i].allocations;
      stack.bytes -= (*before_)[i].bytes;
    }
    if (stack.allocations != 0 || stack.live_bytes != 0) allocations_.push_back(stack);
  }
}

AccessStack& StackProfile::StackOf(const AccessRecord& record, const Joined& joined) {
  const auto memory = analysis::DataSourceOf(record.data_source);
  AccessKey key{joined.instruction, record.pid, record.tid, joined.group, joined.reason, memory};
  auto known = access_numbers_.find(key);
  if (known == access_numbers_.end()) {
    if (accesses_.size() >= kMostStacks) {
      key = {joined.instruction,
             0,
             0,
             AccessStack::kSeveral,
             Unmatched::kNone,
             analysis::DataSource::kUnknown};
    }
    const auto [entry, is_new] =
        access_numbers_.try_emplace(key, static_cast<std::uint32_t>(accesses_.size()));
    known = entry;
    if (is_new) {
      accesses_.push_back({.instruction = std::get<0>(key),
                           .pid = std::get<1>(key),
                           .tid = std::get<2>(key),
                           .group = std::get<3>(key),
                           .reason = std::get<4>(key),
                           .memory = std::get<5>(key)});
    }
  }
  return accesses_[known->second];
}

void StackProfile::OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                            const Joined& joined) {
  if (!selection_.Accepts(record)) return;
  AccessStack& stack = StackOf(record, joined);
  ++stack.records;
  const bool both = record.kind == AccessKind::kLoadStore;
  if (both || record.kind == AccessKind::kLoad) stack.loads += share.estimate;
  if (both || record.kind == AccessKind::kStore) stack.stores += share.estimate;
  stack.time_ns += share.time_ns;
  stack.latency_cycles += share.estimate * record.latency_cycles;
  if (record.latency_cycles != 0) has_latency_ = true;
}

void StackProfile::Note(const MappingRecord& record) {
  if ((record.protection & PROT_EXEC) == 0 || record.path.empty()) return;
  modules_.try_emplace({std::string(record.path), std::string(record.build_id)},
                       ModuleExtent{record.address, record.size, record.offset});
}

void StackProfile::Note(const ProcessRecord& record) {
  chains_.Add(record);
  if (record.pid == source_.header().pid && executable_.empty()) executable_ = record.executable;
}

std::optional<ModuleExtent> StackProfile::ExtentOf(const analysis::Module& module) const {
  const auto found = modules_.find({module.path, module.build_id});
  if (found == modules_.end()) return std::nullopt;
  return found->second;
}

}  // namespace heimdallr::exports
