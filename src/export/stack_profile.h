// A recording summed up by call stack: what profiles of other tools are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "analysis/access_observer.h"
#include "analysis/allocation_chains.h"
#include "analysis/allocation_statistics.h"
#include "analysis/data_source.h"
#include "analysis/module_map.h"
#include "analysis/record_source.h"
#include "export/export_result.h"
#include "export/named_chains.h"
#include "export/named_recording.h"
#include "export/selection.h"

namespace heimdallr::exports {

/// Allocations by one thread through one chain of calls.
struct AllocationStack {
  std::uint32_t chain = 0;  ///< of `StackProfile::chain`
  std::int32_t pid = 0;     ///< 0 = several
  std::int32_t tid = 0;     ///< likewise
  AllocationCall call = AllocationCall::kUnknown;
  std::uint64_t allocations = 0;  ///< that succeeded, in the selected time
  std::uint64_t bytes = 0;        ///< asked for by these
  std::uint64_t live_blocks = 0;  ///< never freed, as of the end of that time; none of mmap's kin
  std::uint64_t live_bytes = 0;
};

/// Accesses of one instruction to the objects of one group by one thread.
struct AccessStack {
  static constexpr std::uint32_t kSeveral = 0xffffffff;

  std::uint32_t instruction = 0;  ///< of NamedRecording
  std::int32_t pid = 0;           ///< 0 = several
  std::int32_t tid = 0;           ///< likewise
  /// Of NamedRecording, with `reason` kNone; kSeveral = of different groups.
  std::uint32_t group = 0;
  analysis::Unmatched reason = analysis::Unmatched::kNone;
  analysis::DataSource memory = analysis::DataSource::kUnknown;

  std::uint64_t records = 0;
  double loads = 0;  ///< executed, as estimated; of the clock source only ratios mean something
  double stores = 0;
  double time_ns = 0;         ///< CPU time
  double latency_cycles = 0;  ///< of the executed accesses, as estimated
};

/// Where the code of a module lies in the first process that mapped it.
struct ModuleExtent {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
};

/// Reads a recording. Memory is that of analysis::AccessProfile, of analysis::CallChains and of
/// half a million stacks: of more, processes, threads and objects are no longer told apart. Not
/// thread-safe.
class StackProfile : private analysis::AccessObserver {
 public:
  /// What is borrowed outlives it.
  StackProfile(analysis::RecordSource& source, const Selection& selection);
  StackProfile(const StackProfile&) = delete;
  StackProfile& operator=(const StackProfile&) = delete;
  ~StackProfile() override = default;

  /// Reads all records; once, and before looking.
  [[nodiscard]] Exported Read();

  [[nodiscard]] const std::vector<AllocationStack>& allocations() const { return allocations_; }
  [[nodiscard]] const std::vector<AccessStack>& accesses() const { return accesses_; }
  /// Numbers of NamedRecording::places, innermost first; valid until the next call.
  [[nodiscard]] std::span<const std::uint32_t> chain(std::uint32_t id) { return named_chains_[id]; }
  [[nodiscard]] NamedRecording& recording() { return recording_; }
  /// By path and build-id as in analysis::Module; nothing if it was never seen.
  [[nodiscard]] std::optional<ModuleExtent> ExtentOf(const analysis::Module& module) const;
  /// Path of what the first process executed; empty = not known.
  [[nodiscard]] const std::string& executable() const { return executable_; }
  [[nodiscard]] bool has_latency() const { return has_latency_; }
  /// Of the last record.
  [[nodiscard]] std::uint64_t end_ns() const { return recording_.profile().totals().end_ns; }

 private:
  using AccessKey = std::tuple<std::uint32_t, std::int32_t, std::int32_t, std::uint32_t,
                               analysis::Unmatched, analysis::DataSource>;
  using AllocationKey = std::tuple<std::uint32_t, std::int32_t, std::int32_t>;
  struct Allocated {
    std::uint64_t allocations = 0;
    std::uint64_t bytes = 0;
  };

  void OnAccess(const AccessRecord& record, const analysis::AccessShare& share,
                const analysis::Joined& joined) override;
  void OnFault(const FaultRecord& /*record*/, const analysis::Joined& /*joined*/) override {}
  void OnObject(const analysis::Object& /*object*/) override {}

  void Add(const Record& record);
  void Add(const AllocationRecord& record);
  void Note(const MappingRecord& record);
  void Note(const ProcessRecord& record);
  AccessStack& StackOf(const AccessRecord& record, const analysis::Joined& joined);
  [[nodiscard]] std::uint64_t NumberOf(const AllocationRecord& record);
  void NoteBefore();
  void FinishAllocations();

  analysis::RecordSource& source_;
  Selection selection_;
  NamedRecording recording_;
  analysis::AllocationChains chains_;
  NamedChains named_chains_;
  // By call and by the number of (chain, process, thread), which stands in for the caller: so the
  // sums of AllocationStatistics are those of the stacks. It must know no modules for that.
  const analysis::ModuleMap no_modules_;
  analysis::AllocationStatistics sums_;
  std::vector<AllocationKey> keys_;
  absl::flat_hash_map<AllocationKey, std::uint32_t> key_numbers_;
  std::optional<std::vector<Allocated>> before_;  // by site, as the selected time began
  std::vector<AllocationStack> allocations_;
  std::vector<AccessStack> accesses_;
  absl::flat_hash_map<AccessKey, std::uint32_t> access_numbers_;
  absl::flat_hash_map<std::pair<std::string, std::string>, ModuleExtent> modules_;
  std::string executable_;
  bool has_latency_ = false;
};

}  // namespace heimdallr::exports
