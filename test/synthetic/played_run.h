// A run of the complete recorder on a machine that is played.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "heimdallr/records.h"
#include "heimdallr/trace_header.h"
#include "recorder/recorder.h"
#include "synthetic_kernel.h"

namespace heimdallr::synthetic {

inline constexpr std::uint64_t kHeap = 0x5555'0000'0000;
inline constexpr std::uint64_t kHeapBytes = 1U << 30;
/// Where test/synthetic/subject.c has its function.
inline constexpr std::uint64_t kCode = 0x4000'0000;

/// An operation and when it was.
struct Executed {
  Operation operation;
  std::uint64_t monotonic_ns = 0;
};

using Program = std::function<void(SyntheticKernel&, std::vector<Executed>&)>;

struct Played {
  recorder::RecordingResult result;
  TraceHeader header;
  std::vector<AccessRecord> accesses;
  std::map<LossKind, std::uint64_t> losses;
  std::vector<Executed> executed;
  std::int32_t pid = 0;

  [[nodiscard]] std::uint64_t lost(LossKind kind) const {
    const auto found = losses.find(kind);
    return found == losses.end() ? 0 : found->second;
  }
};

/// Records `program`, which a real process stands for: it begins when that has been executed.
/// `change` may set more options. Whatever fails, but losses, fails the test.
Played Record(SyntheticKernel& kernel, const Program& program,
              const std::function<void(recorder::RecorderOptions&)>& change = {});

}  // namespace heimdallr::synthetic
