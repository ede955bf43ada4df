#include "recorder/sampler.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "perf/event.h"
#include "perf/machine_events.h"
#include "perf/pmu_catalog.h"
#include "process/threads.h"
#include "recorder/loss_ledger.h"

namespace heimdallr::recorder {
namespace {

using perf::EventDescription;

// The kernel may refuse without ending the recording: nothing was asked for by name.
bool MayGoWithout(const RecorderOptions& options) {
  return options.events.empty() && !options.faults &&
         (options.source == SourceChoice::kAuto || options.source == SourceChoice::kNone);
}

}  // namespace

absl::Status Sampler::Plan(const RecorderOptions& options, const Machine& machine) {
  machine_ = &machine;
  ASSIGN_OR_RETURN(planned_, PlanStreams(options, machine.system.sys_root));
  for (const PlannedStream& stream : planned_) {
    streams_.push_back(stream.info);
    // SPE stamps its samples by itself, whatever clock its records have.
    if (stream.info.may_batch && !stream.events.front().is_spe) clock_ = EventClock::kPerf;
    if (stream.info.source != SourceKind::kClock) continue;
    period_plan_ = PlanPeriods(stream.info.period, options.max_overhead);
    governed_stream_ = stream.info.id;
  }
  return absl::OkStatus();
}

// Ways to do what was asked for, best first; the last one's failure counts.
absl::StatusOr<std::vector<RecorderOptions>> Sampler::WaysTo(const RecorderOptions& options,
                                                             const Machine& machine) {
  constexpr std::uint32_t kAnyLatency = 3;
  const bool any = options.events.empty() && options.source == SourceChoice::kAuto;
  std::vector<RecorderOptions> ways;
  if (any || options.source == SourceChoice::kPmu) {
    RecorderOptions hardware = options;
    const auto catalog = perf::PmuCatalog::Read(machine.system.sys_root);
    if (catalog.ok()) {
      hardware.events = HardwareRequests(perf::FindMemoryEvents(*catalog, kAnyLatency));
    }
    if (!hardware.events.empty()) ways.push_back(std::move(hardware));
  }
  if (options.source != SourceChoice::kPmu) ways.push_back(options);
  if (!ways.empty()) return ways;
  return absl::NotFoundError(fmt::format(
      "there is no PMU here that samples memory accesses and that heimdallr can read: a "
      "virtual machine usually has none; {} works there (heimdallr doctor says more)",
      perf::SourceWithoutPmu()));
}

absl::StatusOr<Sampler> Sampler::TryAll(
    const RecorderOptions& options, const Machine& machine, std::vector<std::string>& warnings,
    const std::function<absl::StatusOr<Sampler>(const RecorderOptions&)>& open) {
  ASSIGN_OR_RETURN(const std::vector<RecorderOptions> ways, WaysTo(options, machine));
  const bool faults = FaultsReplaceClock(options, NativeTickReplay());
  for (const RecorderOptions& way : ways) {
    if (faults && &way == &ways.back()) {
      warnings.emplace_back(
          "first touches of pages stand in for accesses: ticks of the clock tell those on x86-64 "
          "alone");
    }
    auto sampler = open(way);
    if (sampler.ok() || &way == &ways.back()) return sampler;
    warnings.push_back(fmt::format("{} sampled instead of the hardware: {}",
                                   faults ? "page faults are" : "the clock is",
                                   base::Message(sampler.status())));
  }
  return absl::InternalError("there is no way to sample");
}

absl::StatusOr<Sampler> Sampler::Open(const RecorderOptions& options, pid_t pid,
                                      const Machine& machine, std::vector<std::string>& warnings) {
  return TryAll(options, machine, warnings, [&](const RecorderOptions& way) {
    return OpenAsPlanned(way, pid, machine, warnings);
  });
}

absl::StatusOr<Sampler> Sampler::Attach(const RecorderOptions& options,
                                        const std::vector<pid_t>& pids, const Machine& machine,
                                        std::vector<std::string>& warnings) {
  return TryAll(options, machine, warnings, [&](const RecorderOptions& way) {
    return AttachAsPlanned(way, pids, machine, warnings);
  });
}

absl::StatusOr<Sampler> Sampler::OpenAsPlanned(const RecorderOptions& options, pid_t pid,
                                               const Machine& machine,
                                               std::vector<std::string>& warnings) {
  Sampler sampler;
  ASSIGN_OR_RETURN(const std::vector<int> cpus, perf::OnlineCpus(machine.system));
  RETURN_IF_ERROR(sampler.Plan(options, machine));
  absl::Status status;
  for (const int cpu : cpus) {
    status = sampler.OpenCpu(options, {.pid = pid, .cpu = cpu});
    if (!status.ok()) break;
  }
  if (status.ok()) {
    sampler.AppendWarnings(options, warnings);
    return sampler;
  }
  if (!MayGoWithout(options)) return status;
  warnings.push_back(fmt::format("{}{}",
                                 sampler.planned_.empty()
                                     ? "processes and mappings are not followed: "
                                     : "accesses are not sampled: ",
                                 base::Message(status)));
  return Sampler();
}

absl::StatusOr<Sampler> Sampler::AttachAsPlanned(const RecorderOptions& options,
                                                 const std::vector<pid_t>& pids,
                                                 const Machine& machine,
                                                 std::vector<std::string>& warnings) {
  Sampler sampler;
  RETURN_IF_ERROR(sampler.Plan(options, machine));
  RETURN_IF_ERROR(sampler.AttachTasks(options, pids));
  sampler.AppendWarnings(options, warnings);
  return sampler;
}

// Threads that are made meanwhile either inherit events, which the rings tell, or are found at the
// next look.
absl::Status Sampler::AttachTasks(const RecorderOptions& options, const std::vector<pid_t>& pids) {
  ASSIGN_OR_RETURN(const std::vector<int> cpus, perf::OnlineCpus(machine_->system));
  bool first_look = true;
  bool found_more = true;
  while (found_more) {
    found_more = false;
    for (const pid_t pid : pids) {
      const auto found = AttachThreadsOf(options, pid, cpus);
      // One that was there may have ended since; the others are still to be sampled.
      if (!found.ok() && (first_look || !absl::IsNotFound(found.status()))) return found.status();
      found_more |= found.ok() && *found;
    }
    first_look = false;
  }
  if (!cpus_.empty()) return absl::OkStatus();
  return absl::NotFoundError("all threads that were to be sampled have ended");
}

// Whether there were any that are new. A thread may end at any time, also the first of a process
// before the others do.
absl::StatusOr<bool> Sampler::AttachThreadsOf(const RecorderOptions& options, pid_t pid,
                                              const std::vector<int>& cpus) {
  ASSIGN_OR_RETURN(const std::vector<pid_t> tids, process::ThreadsOf(pid));
  LossLedger ignored;  // nothing is to be sampled yet
  ReadRings(ignored);  // which tell of threads that have inherited events
  bool found_more = false;
  for (const pid_t tid : tids) {
    if (attached_.contains(tid)) continue;
    const absl::Status status = cpus_.empty() ? AttachFirst(options, tid, cpus) : AttachNext(tid);
    if (!status.ok() && !absl::IsAborted(status)) return status;
    attached_.insert(tid);
    found_more = true;
  }
  return found_more;
}

static EventDescription AttachedMetadata() {
  EventDescription metadata = perf::MetadataEvent();
  metadata.disabled = metadata.enable_on_exec = false;
  return metadata;
}

// Its events own the rings, so those of all CPUs are there or none.
absl::Status Sampler::AttachFirst(const RecorderOptions& options, pid_t tid,
                                  const std::vector<int>& cpus) {
  absl::Status status;
  for (const int cpu : cpus) {
    const perf::Target target{.pid = tid, .cpu = cpu};
    status = OpenRing(options, AttachedMetadata(), target);
    if (status.ok()) status = AddTask(target, Begin::kWhenStarted, cpus_.back());
    if (status.ok()) continue;
    cpus_.clear();
    stream_of_event_.clear();
    of_all_.clear();
    return status;
  }
  return status;
}

absl::Status Sampler::AttachNext(pid_t tid) {
  for (Cpu& cpu : cpus_) {
    const perf::Target target{.pid = tid, .cpu = cpu.metadata.front().target().cpu};
    ASSIGN_OR_RETURN(perf::Event event, OpenEvent(AttachedMetadata(), target));
    RETURN_IF_ERROR(event.RedirectTo(cpu.metadata.front()));
    cpu.decoder.Add(event.id(), perf::LayoutOf(event.description()));
    cpu.metadata.push_back(std::move(event));
    RETURN_IF_ERROR(AddTask(target, Begin::kWhenStarted, cpu));
  }
  return absl::OkStatus();
}

absl::Status Sampler::Start() {
  absl::Status status;
  for (Cpu& cpu : cpus_) {
    for (perf::Event& event : cpu.others) status.Update(event.Enable());
    if (cpu.spe) status.Update(cpu.spe->Enable());
  }
  if (period_plan_) status.Update(UseStep(period_plan_->start));
  return status;
}

void Sampler::AppendWarnings(const RecorderOptions& options,
                             std::vector<std::string>& warnings) const {
  // Locked memory is scarce for users: PerfRing::Map then takes less.
  const auto small = std::find_if(cpus_.begin(), cpus_.end(), [&](const Cpu& cpu) {
    return cpu.ring.data_bytes() < options.buffer_bytes;
  });
  if (small != cpus_.end()) {
    warnings.push_back(fmt::format(
        "rings for samples have {} KiB instead of {}: the memory a user may lock is used up "
        "(perf_event_mlock_kb, ulimit -l); samples may be lost",
        small->ring.data_bytes() >> 10, options.buffer_bytes >> 10));
  }
  const auto small_area = std::find_if(cpus_.begin(), cpus_.end(), [](const Cpu& cpu) {
    return cpu.spe && cpu.spe->area_bytes() < SpeSource::kAreaBytes;
  });
  if (small_area != cpus_.end()) {
    warnings.push_back(fmt::format(
        "areas for SPE's samples have {} KiB instead of {}: the memory a user may lock is used up "
        "(perf_event_mlock_kb, ulimit -l); samples may be lost",
        small_area->spe->area_bytes() >> 10, SpeSource::kAreaBytes >> 10));
  }
  if (!of_all_.empty()) {
    warnings.emplace_back(
        "this kernel samples memory accesses of whole CPUs alone (Linux 6.2 and newer can follow "
        "one program): those of other programs are left out, but count among what is lost");
  }
}

absl::Status Sampler::UseStep(std::size_t step) {
  absl::Status status;
  for (Cpu& cpu : cpus_) {
    for (std::size_t other = 0; other < cpu.steps.size(); ++other) {
      if (other == step) continue;
      for (perf::Event& event : cpu.steps[other]) status.Update(event.Disable());
    }
    if (step >= cpu.steps.size()) continue;
    for (perf::Event& event : cpu.steps[step]) status.Update(event.Enable());
  }
  return status;
}

}  // namespace heimdallr::recorder
