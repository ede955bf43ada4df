// Turns the kernel's records into records of the trace, in order of time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"
#include "perf/records.h"
#include "recorder/address_spaces.h"
#include "recorder/loss_ledger.h"
#include "replay/block_cache.h"
#include "replay/block_replay.h"
#include "replay/instruction.h"
#include "replay/registers.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

class ProcessTracker;
class Sampler;
class SymbolCollector;
class ThreadPointers;

/// Keeps processes and mappings up to date and replays the code around each tick.
class KernelStream {
 public:
  struct Parts {
    trace::TraceWriter& writer;
    ProcessTracker& processes;
    LossLedger& losses;
    AddressSpaces& spaces;
    SymbolCollector& symbols;
    ThreadPointers& thread_pointers;
    const Sampler& sampler;
  };

  /// `start_ns` is the CLOCK_MONOTONIC time that the trace calls 0.
  KernelStream(const Parts& parts, std::uint64_t start_ns);

  void Add(const perf::KernelRecord& record);

  [[nodiscard]] std::uint64_t ticks() const { return ticks_; }
  /// Of all streams.
  [[nodiscard]] std::uint64_t samples() const {
    return std::accumulate(samples_.begin(), samples_.end(), ticks_ + faults_);
  }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] const std::array<std::uint64_t, 4>& accesses() const { return accesses_; }

 private:
  void On(const perf::SampleRecord& sample);
  void On(const perf::MmapRecord& record);
  void On(const perf::CommRecord& record);
  void On(const perf::ForkRecord& record);
  void On(const perf::ExitRecord& record);
  void On(const perf::LostRecord& record);
  void On(const perf::LostSamplesRecord& record);
  void On(const perf::ThrottleRecord& record);
  void On(const perf::AuxRecord& record);
  void On(const perf::UnknownRecord& record);

  [[nodiscard]] std::uint64_t TimeOf(const perf::Origin& origin) const;
  void OnTick(const perf::SampleRecord& sample, std::uint64_t tick, std::uint8_t stream);
  /// `counts` is the kind of the access that the sample told itself; kUnknown = none. Returns why
  /// there is nothing more to tell of it.
  std::optional<LossKind> Replay(const perf::SampleRecord& sample, std::uint64_t tick,
                                 std::uint8_t stream, AccessKind counts);
  void Write(const AccessRecord& access);
  [[nodiscard]] replay::BlockCache& CodeOf(std::uint8_t stream);
  void OnMemory(const perf::SampleRecord& sample, std::uint8_t stream);
  [[nodiscard]] replay::Registers RegistersOf(const perf::SampleRecord& sample) const;
  [[nodiscard]] std::string BuildIdOf(const perf::MmapRecord& record);
  void CountMissing(const LossOrigin& origin);
  void OnFault(const perf::SampleRecord& sample, std::uint8_t stream);
  void EndImage(std::uint64_t time_ns, std::int32_t pid);
  void DropCode(AddressSpaces::Id space);

  Parts parts_;
  std::uint64_t start_ns_;
  // By stream: what a block is owed is counted in the unit of its event.
  std::map<std::uint8_t, replay::BlockCache> code_;
  replay::ReplayResult replayed_;  // reused
  // By path and inode: asked for each mapping where the kernel does not tell it.
  std::map<std::pair<std::string, std::uint64_t>, std::string> build_ids_;
  std::uint64_t ticks_ = 0;                   // of the clock
  std::array<std::uint64_t, 256> samples_{};  // of other streams, by stream
  std::uint64_t faults_ = 0;
  std::array<std::uint64_t, 4> accesses_{};  // by AccessKind
};

}  // namespace heimdallr::recorder
