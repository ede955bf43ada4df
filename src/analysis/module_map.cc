#include "analysis/module_map.h"

#include <sys/mman.h>

#include <limits>
#include <utility>

namespace heimdallr::analysis {
namespace {

// "//anon" is the kernel's name for memory without a file; "[vdso]" and its kin are fixed code.
bool HoldsFixedCode(const MappingRecord& record) {
  return (record.protection & PROT_EXEC) != 0 && !record.path.empty() &&
         !record.path.starts_with("//") && record.path != "[heap]" && record.path != "[stack]";
}

}  // namespace

ModuleMap::Ranges& ModuleMap::Writable(std::int32_t pid) {
  std::shared_ptr<Ranges>& ranges = processes_[pid];
  if (!ranges) {
    ranges = std::make_shared<Ranges>();
  } else if (ranges.use_count() > 1) {
    ranges = std::make_shared<Ranges>(*ranges);
  }
  return *ranges;
}

std::uint32_t ModuleMap::ModuleId(const MappingRecord& record) {
  const auto [entry, is_new] =
      ids_.try_emplace({std::string(record.path), std::string(record.build_id)},
                       static_cast<std::uint32_t>(modules_.size() + 1));
  if (is_new) modules_.push_back({entry->first.first, entry->first.second});
  return entry->second;
}

void ModuleMap::Add(const MappingRecord& record) {
  if (record.size == 0 || record.size > std::numeric_limits<std::uint64_t>::max() - record.address)
    return;
  const std::uint64_t start = record.address;
  const std::uint64_t end = start + record.size;
  if (HoldsFixedCode(record)) {
    Writable(record.pid).Assign(start, end, {record.offset - start, ModuleId(record)});
    return;
  }
  // Data over what was code: rare, so look before taking a copy of ranges that are shared.
  const auto process = processes_.find(record.pid);
  if (process == processes_.end() || !process->second->Overlaps(start, end)) return;
  Writable(record.pid).Erase(start, end, [](std::uint64_t, std::uint64_t, const Code&) {});
}

void ModuleMap::Add(const ProcessRecord& record) {
  switch (record.event) {
    case ProcessEvent::kStart: {
      const auto parent = processes_.find(record.parent_pid);
      if (parent != processes_.end() && record.pid != record.parent_pid) {
        std::shared_ptr<Ranges> shared = parent->second;
        processes_[record.pid] = std::move(shared);
      }
      break;
    }
    case ProcessEvent::kExec:
    case ProcessEvent::kExit:
      processes_.erase(record.pid);
      break;
    case ProcessEvent::kAttach:
      break;
  }
}

CodeLocation ModuleMap::Find(std::int32_t pid, std::uint64_t address) const {
  const auto process = processes_.find(pid);
  if (process == processes_.end()) return {0, address};
  const Code* code = process->second->Find(address);
  if (code == nullptr) return {0, address};
  return {code->module, address + code->file_offset_minus_address};
}

}  // namespace heimdallr::analysis
