#include "cli/recording_summary.h"

#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace heimdallr::cli {
namespace {

using recorder::Ended;
using recorder::LossLedger;
using recorder::RecordingResult;
using recorder::Watched;

// MemoryInfo::id, and the place among RecordingResult::memories.
constexpr std::size_t kGeneralMemory = 0;
constexpr std::size_t kAskedMemory = 1;
constexpr std::size_t kFallbackMemory = 2;

double Seconds(std::uint64_t ns) { return static_cast<double>(ns) / 1e9; }

// 1234567 -> "1,234,567"
std::string Grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string Bytes(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  if (bytes < (10U << 20)) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string Outcome(const Ended& run) {
  return run.signal != 0 ? fmt::format("killed by signal {}", run.signal)
                         : fmt::format("exit status {}", run.exit_code);
}

std::string RunLine(const RecordingResult& result, const Watched& run) {
  return fmt::format("watched   {:.3f} s; {} process{} attached to, {} of them ended, {} in all",
                     Seconds(run.wall_ns), run.processes, run.processes == 1 ? "" : "es", run.ended,
                     Grouped(result.processes));
}

std::string RunLine(const RecordingResult& result, const Ended& run) {
  std::string line =
      fmt::format("ran       {:.3f} s ({:.3f} s user, {:.3f} s system), {}, {} process{}",
                  Seconds(run.wall_ns), Seconds(run.user_ns), Seconds(run.system_ns), Outcome(run),
                  Grouped(result.processes), result.processes == 1 ? "" : "es");
  if (result.still_running != 0) {
    line += fmt::format(", {} still running", Grouped(result.still_running));
  }
  return line;
}

std::string AccessLine(const RecordingResult& result) {
  if (result.streams.empty()) return "accesses  not sampled";
  const std::uint64_t all =
      std::accumulate(result.accesses.begin(), result.accesses.end(), std::uint64_t{0});
  std::string line =
      fmt::format("accesses  {} sampled: {} loads, {} stores, {} both", Grouped(all),
                  Grouped(result.accesses[static_cast<std::size_t>(AccessKind::kLoad)]),
                  Grouped(result.accesses[static_cast<std::size_t>(AccessKind::kStore)]),
                  Grouped(result.accesses[static_cast<std::size_t>(AccessKind::kLoadStore)]));
  if (const std::uint64_t unknown = result.accesses[0]; unknown != 0) {
    line += fmt::format(", {} of unknown kind", Grouped(unknown));
  }
  for (const StreamInfo& stream : result.streams) {
    if (stream.source == SourceKind::kClock) {
      line += fmt::format("; {} ticks of {}{}", Grouped(result.ticks), stream.event,
                          stream.event.ends_with(":u") ? " in user code" : "");
    } else if (stream.source == SourceKind::kFaults) {
      line += fmt::format("; {} page faults", Grouped(result.faults));
    }
  }
  return line;
}

// 2560013 -> "2.56 ms"
std::string Duration(std::uint64_t ns) {
  if (ns < 1'000'000) return fmt::format("{:.3g} us", static_cast<double>(ns) / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.3g} ms", static_cast<double>(ns) / 1e6);
  return fmt::format("{:.3g} s", Seconds(ns));
}

// Empty when the rate was the one asked for throughout.
std::string RateLine(const recorder::RateHistory& rate) {
  if (rate.slowest_period == rate.asked_period) return {};
  if (rate.last_period == rate.asked_period) {
    return fmt::format(
        "sampling  slowed from {} to {} per tick for a part of the run (budget {:g} %)",
        Duration(rate.asked_period), Duration(rate.slowest_period), 100 * rate.budget);
  }
  return fmt::format(
      "sampling  slowed from {} to {} per tick: at the asked rate it would have cost {:.3g} %{} "
      "(budget {:g} %)",
      Duration(rate.asked_period), Duration(rate.last_period), 100 * rate.asked_overhead,
      rate.cost_measured ? "" : ", if a tick costs what is usual in virtual machines",
      100 * rate.budget);
}

std::string AllocationLine(const RecordingResult& result) {
  if (std::holds_alternative<Watched>(result.workload)) {
    return "allocations  not known: they are recorded of programs that heimdallr starts";
  }
  if (!result.interposed) return "allocations  not recorded";
  return fmt::format("allocated {} times, gave back {} times", Grouped(result.allocations),
                     Grouped(result.deallocations));
}

// Empty when nothing was asked for.
std::string MemoryLine(const RecordingResult& result) {
  if (result.memories.empty()) return {};
  const std::string& general = result.memories[kGeneralMemory].name;
  if (result.memories.size() == 1) return fmt::format("memory    all from {}", general);
  std::string line = fmt::format("memory    heap from {}, all else from {}",
                                 result.memories[kAskedMemory].name, general);
  if (!result.interposed) return line + "; allocations not counted";
  const auto& blocks = result.blocks_by_memory;
  line += fmt::format("; {} allocations from it", Grouped(blocks[kAskedMemory]));
  if (blocks[kFallbackMemory] != 0) {
    line += fmt::format(", {} fell back", Grouped(blocks[kFallbackMemory]));
  }
  // Before it was ready, by itself, or by an allocator that the program brings.
  if (blocks[kGeneralMemory] != 0) {
    line += fmt::format(", {} from elsewhere", Grouped(blocks[kGeneralMemory]));
  }
  return line;
}

struct Reason {
  LossKind kind;
  std::string_view words;
};

std::string LossLine(const RecordingResult& result) {
  static constexpr Reason kReasons[] = {
      {LossKind::kRingOverflow, "samples (ring full)"},
      {LossKind::kSamplesLost, "samples (kernel)"},
      {LossKind::kAllocationOverflow, "allocation events"},
      {LossKind::kCorruptRecord, "damaged events"},
      {LossKind::kUntracedProcess, "programs without the interposer"},
  };
  std::string line;
  for (const auto& [kind, words] : kReasons) {
    const std::uint64_t count = result.losses.total(kind);
    if (count == 0) continue;
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", Grouped(count), words);
  }
  if (result.records_dropped != 0) {
    line += fmt::format("{}{} records not written", line.empty() ? "" : ", ",
                        Grouped(result.records_dropped));
  }
  return "lost      " + (line.empty() ? std::string("nothing") : line);
}

// Ticks that gave no access are no losses, but must be said.
std::string UnusableTicks(const RecordingResult& result) {
  const LossLedger& losses = result.losses;
  const std::uint64_t no_operand = losses.total(LossKind::kNoMemoryOperand);
  const std::uint64_t others =
      losses.total(LossKind::kCodeUnreadable) + losses.total(LossKind::kInstructionUnknown) +
      losses.total(LossKind::kOperandUnknown) + losses.total(LossKind::kNoUserRegisters);
  if (no_operand + others == 0) return {};
  return fmt::format("ticks     {} at instructions that access no memory, {} not decodable",
                     Grouped(no_operand), Grouped(others));
}

std::string CostLine(const RecordingResult& result, std::uint64_t wall_ns) {
  const double recorder = Seconds(result.cost.user_ns + result.cost.system_ns);
  const double wall = Seconds(wall_ns);
  std::string line = fmt::format("overhead  recorder {:.3f} s CPU ({:.1f} % of one processor)",
                                 recorder, wall > 0 ? 100 * recorder / wall : 0.0);
  if (const std::uint64_t stalls = result.losses.total(LossKind::kChannelStall); stalls != 0) {
    line += fmt::format(", threads waited for it {} times, {:.3f} s", Grouped(stalls),
                        Seconds(result.losses.total_duration_ns(LossKind::kChannelStall)));
  }
  return line;
}

}  // namespace

std::vector<std::string> LossDetails(const RecordingResult& result) {
  static constexpr Reason kReasons[] = {
      {LossKind::kThrottle, "times the kernel held back an event that sampled too often"},
      {LossKind::kNoMemoryOperand, "ticks in code that accesses no memory"},
      {LossKind::kCodeUnreadable, "ticks in code that could not be read"},
      {LossKind::kInstructionUnknown, "ticks at bytes that are no known instruction"},
      {LossKind::kOperandUnknown, "ticks in code none of whose addresses could be computed"},
      {LossKind::kNoUserRegisters, "ticks without registers"},
      {LossKind::kVectorIndex, "operands with addresses in vector registers"},
      {LossKind::kSegmentBase, "operands relative to an unknown segment base"},
      {LossKind::kRegisterUnknown, "operands whose registers had changed"},
      {LossKind::kNotMemory, "samples of operations that neither load nor store"},
      {LossKind::kNoDataAddress, "samples without a data address"},
      {LossKind::kAuxGap, "times the processor missed samples, nobody knows how many"},
      {LossKind::kNamespaceBypass, "libraries opened apart from the interposer"},
  };
  std::vector<std::string> lines;
  for (const auto& [kind, words] : kReasons) {
    const std::uint64_t count = result.losses.total(kind);
    if (count != 0) lines.push_back(fmt::format("          {} {}", Grouped(count), words));
  }
  return lines;
}

std::vector<std::string> SummaryLines(const RecordingResult& result) {
  const auto* watched = std::get_if<Watched>(&result.workload);
  std::vector<std::string> lines{
      fmt::format("trace     {} ({})", result.trace_path, Bytes(result.trace_bytes)),
      watched ? RunLine(result, *watched) : RunLine(result, std::get<Ended>(result.workload)),
      AccessLine(result),
  };
  if (std::string ticks = UnusableTicks(result); !ticks.empty()) lines.push_back(std::move(ticks));
  if (std::string rate = RateLine(result.rate); !rate.empty()) lines.push_back(std::move(rate));
  lines.push_back(AllocationLine(result));
  if (std::string memory = MemoryLine(result); !memory.empty()) lines.push_back(std::move(memory));
  lines.push_back(LossLine(result));
  lines.push_back(
      CostLine(result, watched ? watched->wall_ns : std::get<Ended>(result.workload).wall_ns));
  return lines;
}

}  // namespace heimdallr::cli
