#include "cli/run_statistics.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "analysis/loss_totals.h"

namespace heimdallr::cli {
namespace {

using store::Repetition;

// Names of MemoryInfo that are no `--memory`.
constexpr std::string_view kDefaultName = "default";
constexpr std::string_view kFallbackName = "fallback";

bool IsDry(const Repetition& repetition) {
  return repetition.header.dry_run || repetition.name.mode == "dry";
}

// Memory 0 is everything but the heap that was asked for, where one was.
std::string AskedMemory(const std::vector<MemoryInfo>& memories) {
  std::string asked;
  std::string general;
  for (const MemoryInfo& memory : memories) {
    if (memory.id == 0) {
      general = memory.name;
    } else if (asked.empty()) {
      asked = memory.name;
    }
  }
  if (asked.empty()) return general;
  return general.empty() || general == kDefaultName ? asked : asked + " beside " + general;
}

// Gathers the repetitions of one run.
class Gatherer {
 public:
  explicit Gatherer(const Repetition& first) {
    run_.run = first.name.run;
    run_.workload = first.name.workload;
    run_.mode = first.name.mode;
    run_.command_line = first.header.command_line;
    run_.dry = IsDry(first);
    run_.memory = AskedMemory(first.header.memories);
    for (const StreamInfo& stream : first.header.streams) {
      if (stream.source == SourceKind::kFaults) continue;
      run_.rates.push_back(AskedOf(stream));
      streams_.push_back(KeyOf(stream));
    }
  }

  void Add(const Repetition& repetition) {
    ++run_.repetitions;
    const auto& process = repetition.figures.process;
    if (!process) {
      ++run_.unknown;
      return;
    }
    if (process->exit_code != repetition.header.success_status || process->exit_signal != 0) {
      ++run_.failed;
      return;
    }
    AddTimes(*process);
    AddRecords(repetition);
    run_.peak_rss_bytes = std::max(run_.peak_rss_bytes, process->max_rss_bytes);
  }

  RunStatistics Finish() {
    run_.wall = StatisticsOf(wall_);
    run_.user = StatisticsOf(user_);
    run_.system = StatisticsOf(system_);
    run_.cpu = StatisticsOf(cpu_);
    run_.samples = StatisticsOf(samples_);
    run_.accesses = StatisticsOf(accesses_);
    run_.allocations = StatisticsOf(allocations_);
    run_.lost = StatisticsOf(lost_);
    if (!fell_back_.empty()) run_.fell_back = StatisticsOf(fell_back_);
    for (std::size_t i = 0; i < run_.rates.size(); ++i) {
      const auto ticks = ticks_.find(streams_[i]);
      if (ticks == ticks_.end() || run_.user.mean <= 0) continue;
      const double seconds = run_.user.mean * static_cast<double>(run_.user.count) / 1e9;
      run_.rates[i].reached_hz = ticks->second / seconds;
    }
    return std::move(run_);
  }

 private:
  // Streams may have one name: two events of one kind. Repetitions of a run number them alike.
  using StreamKey = std::pair<std::uint8_t, std::string>;
  static StreamKey KeyOf(const StreamInfo& stream) { return {stream.id, stream.name}; }

  static SamplingRate AskedOf(const StreamInfo& stream) {
    SamplingRate rate{.stream = stream.name, .asked_hz = static_cast<double>(stream.frequency_hz)};
    // The period of the clock is in ns of CPU time; that of other events says nothing about time.
    const bool by_time = stream.source == SourceKind::kClock && stream.period != 0;
    if (stream.frequency_hz == 0 && by_time) {
      rate.asked_hz = 1e9 / static_cast<double>(stream.period);
    }
    return rate;
  }

  void AddTimes(const StatisticsRecord& process) {
    const auto user = static_cast<double>(process.user_ns);
    const auto system = static_cast<double>(process.system_ns);
    wall_.push_back(static_cast<double>(process.wall_ns));
    user_.push_back(user);
    system_.push_back(system);
    cpu_.push_back(user + system);
  }

  void AddRecords(const Repetition& repetition) {
    const store::Figures& figures = repetition.figures;
    double samples = 0;
    for (std::size_t i = 0; i < figures.streams.size(); ++i) {
      const StreamInfo& info = repetition.header.streams[i];
      if (info.source == SourceKind::kFaults) continue;
      const auto ticks = static_cast<double>(figures.streams[i].ticks());
      samples += ticks;
      ticks_[KeyOf(info)] += ticks;
    }
    samples_.push_back(samples);
    accesses_.push_back(static_cast<double>(figures.count<AccessRecord>()));
    allocations_.push_back(static_cast<double>(figures.count<AllocationRecord>()));
    lost_.push_back(static_cast<double>(LostRecords(figures)));
    for (std::size_t i = 0; i < figures.memories.size(); ++i) {
      if (repetition.header.memories[i].name != kFallbackName) continue;
      fell_back_.push_back(static_cast<double>(figures.memories[i].blocks));
    }
  }

  RunStatistics run_;
  std::vector<double> wall_, user_, system_, cpu_;
  std::vector<double> samples_, accesses_, allocations_, lost_, fell_back_;
  std::vector<StreamKey> streams_;  // of run_.rates
  std::map<StreamKey, double> ticks_;
};

// How well a dry run serves as base: that of the same workload before one of the same command line,
// and of these one with the same memory, whose cost is then not taken for that of recording.
int FitOf(const RunStatistics& dry, const RunStatistics& run) {
  constexpr int kSameWorkload = 4;
  constexpr int kSameCommand = 2;
  constexpr int kSameMemory = 1;
  // No command line at all says nothing: the trace does not tell what was run.
  const bool same_command = !run.command_line.empty() && dry.command_line == run.command_line;
  const int fit = dry.workload == run.workload ? kSameWorkload : same_command ? kSameCommand : 0;
  return fit == 0 ? 0 : fit + (dry.memory == run.memory ? kSameMemory : 0);
}

const RunStatistics* BaseOf(const RunStatistics& run, const std::vector<RunStatistics>& all) {
  const RunStatistics* best = nullptr;
  for (const RunStatistics& other : all) {
    if (!other.dry || other.wall.count == 0) continue;
    if (FitOf(other, run) > (best == nullptr ? 0 : FitOf(*best, run))) best = &other;
  }
  return best;
}

}  // namespace

std::uint64_t LostRecords(const store::Figures& figures) {
  std::uint64_t lost = 0;
  for (const analysis::LossTotal& loss : figures.losses) {
    switch (loss.kind) {
      case LossKind::kRingOverflow:
      case LossKind::kSamplesLost:
      case LossKind::kAllocationOverflow:
      case LossKind::kWriteFailed:
      case LossKind::kCorruptRecord:
        lost += loss.count;
        break;
      default:  // counts of other things: times, processes
        break;
    }
  }
  return lost;
}

std::vector<RunStatistics> StatisticsOfRuns(const std::vector<Repetition>& repetitions) {
  std::vector<RunStatistics> runs;
  for (auto first = repetitions.begin(); first != repetitions.end();) {
    const auto end = std::find_if(first, repetitions.end(), [&](const Repetition& other) {
      return other.name.run != first->name.run;
    });
    Gatherer gatherer(*first);
    for (; first != end; ++first) gatherer.Add(*first);
    runs.push_back(gatherer.Finish());
  }
  for (RunStatistics& run : runs) {
    const RunStatistics* const base = run.dry ? nullptr : BaseOf(run, runs);
    if (base == nullptr) continue;
    run.base = base->run;
    run.base_has_other_memory = base->memory != run.memory;
    run.wall_overhead = ExcessOver(base->wall, run.wall);
    run.cpu_overhead = ExcessOver(base->cpu, run.cpu);
  }
  return runs;
}

}  // namespace heimdallr::cli
