#include "recorder/sampler.h"

#include <algorithm>
#include <utility>
#include <variant>

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

bool IsOn(const PlannedEvent& event, int cpu) {
  return event.cpus.empty() || std::binary_search(event.cpus.begin(), event.cpus.end(), cpu);
}

}  // namespace

absl::Status Sampler::Plan(const RecorderOptions& options) {
  ASSIGN_OR_RETURN(planned_, PlanStreams(options, perf::RealSystem().sys_root));
  for (const PlannedStream& stream : planned_) {
    streams_.push_back(stream.info);
    if (stream.info.source != SourceKind::kClock) continue;
    period_plan_ = PlanPeriods(stream.info.period, options.max_overhead);
    governed_stream_ = stream.info.id;
  }
  return absl::OkStatus();
}

// Ways to do what was asked for, best first; the last one's failure counts.
absl::StatusOr<std::vector<RecorderOptions>> Sampler::WaysTo(const RecorderOptions& options) {
  constexpr std::uint32_t kAnyLatency = 3;
  const bool any = options.events.empty() && options.source == SourceChoice::kAuto;
  std::vector<RecorderOptions> ways;
  if (any || options.source == SourceChoice::kPmu) {
    RecorderOptions hardware = options;
    const auto catalog = perf::PmuCatalog::Read(perf::RealSystem().sys_root);
    if (catalog.ok()) {
      hardware.events = HardwareRequests(perf::FindMemoryEvents(*catalog, kAnyLatency));
    }
    if (!hardware.events.empty()) ways.push_back(std::move(hardware));
  }
  if (options.source != SourceChoice::kPmu) ways.push_back(options);
  if (!ways.empty()) return ways;
  return absl::NotFoundError(
      "there is no PMU here that samples memory accesses and that heimdallr can read: a virtual "
      "machine usually has none; --source clock works there (heimdallr doctor says more)");
}

absl::StatusOr<Sampler> Sampler::TryAll(
    const RecorderOptions& options, std::vector<std::string>& warnings,
    const std::function<absl::StatusOr<Sampler>(const RecorderOptions&)>& open) {
  ASSIGN_OR_RETURN(const std::vector<RecorderOptions> ways, WaysTo(options));
  const bool faults = FaultsReplaceClock(options, NativeTickReplay());
  for (const RecorderOptions& way : ways) {
    if (faults && &way == &ways.back()) {
      warnings.push_back(
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
                                      std::vector<std::string>& warnings) {
  return TryAll(options, warnings,
                [&](const RecorderOptions& way) { return OpenAsPlanned(way, pid, warnings); });
}

absl::StatusOr<Sampler> Sampler::Attach(const RecorderOptions& options,
                                        const std::vector<pid_t>& pids,
                                        std::vector<std::string>& warnings) {
  return TryAll(options, warnings,
                [&](const RecorderOptions& way) { return AttachAsPlanned(way, pids, warnings); });
}

absl::StatusOr<Sampler> Sampler::OpenAsPlanned(const RecorderOptions& options, pid_t pid,
                                               std::vector<std::string>& warnings) {
  Sampler sampler;
  const auto cpus = perf::OnlineCpus(perf::RealSystem());
  if (!cpus.ok()) return cpus.status();
  RETURN_IF_ERROR(sampler.Plan(options));
  absl::Status status;
  for (const int cpu : *cpus) {
    status = sampler.OpenCpu(options, {.pid = pid, .cpu = cpu});
    if (!status.ok()) break;
  }
  if (status.ok()) {
    if (auto warning = sampler.SmallerRings(options)) warnings.push_back(*std::move(warning));
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
                                                 std::vector<std::string>& warnings) {
  Sampler sampler;
  RETURN_IF_ERROR(sampler.Plan(options));
  RETURN_IF_ERROR(sampler.AttachTasks(options, pids));
  if (auto warning = sampler.SmallerRings(options)) warnings.push_back(*std::move(warning));
  return sampler;
}

// Threads that are made meanwhile either inherit events, which the rings tell, or are found at the
// next look.
absl::Status Sampler::AttachTasks(const RecorderOptions& options, const std::vector<pid_t>& pids) {
  ASSIGN_OR_RETURN(const std::vector<int> cpus, perf::OnlineCpus(perf::RealSystem()));
  bool found_more = true;
  while (found_more) {
    found_more = false;
    for (const pid_t pid : pids) {
      ASSIGN_OR_RETURN(const std::vector<pid_t> tasks, process::ThreadsOf(pid));
      for (const pid_t tid : tasks) {
        if (attached_.contains(tid)) continue;
        absl::Status status = AttachTask(options, tid, cpus);
        // A thread may end at any time; without the first there are no rings.
        if (!status.ok() && (!absl::IsNotFound(status) || cpus_.empty())) return status;
        attached_.insert(tid);
        found_more = true;
      }
    }
    LossLedger ignored;  // nothing is sampled yet
    ReadRings(ignored);
  }
  return absl::OkStatus();
}

absl::Status Sampler::AttachTask(const RecorderOptions& options, pid_t tid,
                                 const std::vector<int>& cpus) {
  const bool first = cpus_.empty();
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    const perf::Target target{.pid = tid, .cpu = cpus[i]};
    if (first) {
      EventDescription metadata = perf::MetadataEvent();
      metadata.disabled = metadata.enable_on_exec = false;
      RETURN_IF_ERROR(OpenRing(options, metadata, target));
    } else {
      EventDescription metadata = perf::MetadataEvent();
      metadata.disabled = metadata.enable_on_exec = false;
      ASSIGN_OR_RETURN(perf::Event event, perf::Event::Open(metadata, target));
      RETURN_IF_ERROR(event.RedirectTo(cpus_[i].metadata.front()));
      cpus_[i].decoder.Add(event.id(), perf::LayoutOf(event.description()));
      cpus_[i].metadata.push_back(std::move(event));
    }
    RETURN_IF_ERROR(AddTask(target, Begin::kWhenStarted, cpus_[i]));
  }
  return absl::OkStatus();
}

absl::Status Sampler::Start() {
  absl::Status status;
  for (Cpu& cpu : cpus_) {
    for (perf::Event& event : cpu.others) status.Update(event.Enable());
  }
  if (period_plan_) status.Update(UseStep(period_plan_->start));
  return status;
}

// Locked memory is scarce for users: PerfRing::Map then takes less.
std::optional<std::string> Sampler::SmallerRings(const RecorderOptions& options) const {
  for (const Cpu& cpu : cpus_) {
    if (cpu.ring.data_bytes() >= options.buffer_bytes) continue;
    return fmt::format(
        "rings for samples have {} KiB instead of {}: the memory a user may lock is used up "
        "(perf_event_mlock_kb, ulimit -l); samples may be lost",
        cpu.ring.data_bytes() >> 10, options.buffer_bytes >> 10);
  }
  return std::nullopt;
}

// Without it, times of samples and of allocations could not be compared.
absl::Status CheckClock(const perf::Event& event) {
  const auto& given_up = event.concessions();
  if (std::find(given_up.begin(), given_up.end(), perf::Concession::kClock) == given_up.end()) {
    return absl::OkStatus();
  }
  return absl::UnimplementedError(
      "this kernel cannot stamp events by CLOCK_MONOTONIC (Linux 4.1 or newer can)");
}

absl::Status Sampler::OpenRing(const RecorderOptions& options, EventDescription metadata_event,
                               perf::Target target) {
  metadata_event.wakeup_bytes = static_cast<std::uint32_t>(options.buffer_bytes / 4);
  ASSIGN_OR_RETURN(perf::Event metadata, perf::Event::Open(metadata_event, target));
  RETURN_IF_ERROR(CheckClock(metadata));
  ASSIGN_OR_RETURN(perf::PerfRing ring,
                   perf::PerfRing::Map(metadata.fd(), options.buffer_bytes,
                                       fmt::format("perf ring of CPU {}", target.cpu)));
  Cpu cpu{.ring = std::move(ring)};
  cpu.decoder.Add(metadata.id(), perf::LayoutOf(metadata.description()));
  cpu.metadata.push_back(std::move(metadata));
  if (period_plan_) cpu.steps.resize(period_plan_->steps.size());
  cpus_.push_back(std::move(cpu));
  return absl::OkStatus();
}

absl::Status Sampler::OpenCpu(const RecorderOptions& options, perf::Target target) {
  RETURN_IF_ERROR(OpenRing(options, perf::MetadataEvent(), target));
  return AddTask(target, Begin::kAtExec, cpus_.back());
}

absl::Status Sampler::AddTask(perf::Target target, Begin begin, Cpu& cpu) {
  for (const PlannedStream& stream : planned_) {
    if (stream.info.id == governed_stream_) {
      RETURN_IF_ERROR(AddGoverned(stream.events.front().description, target, begin, cpu));
    } else {
      RETURN_IF_ERROR(AddStream(stream, target, begin, cpu));
    }
  }
  return absl::OkStatus();
}

absl::Status Sampler::AddGoverned(const EventDescription& description, perf::Target target,
                                  Begin begin, Cpu& cpu) {
  for (std::size_t step = 0; step < period_plan_->steps.size(); ++step) {
    EventDescription at_step = description;
    at_step.rate.value = period_plan_->steps[step];
    // The kernel forgets this at the first exec: later ones do not undo UseStep.
    at_step.enable_on_exec = begin == Begin::kAtExec && step == period_plan_->start;
    ASSIGN_OR_RETURN(perf::Event event, perf::Event::Open(at_step, target));
    RETURN_IF_ERROR(Keep(std::move(event), governed_stream_, cpu, cpu.steps[step]));
  }
  return absl::OkStatus();
}

// Of a group the leader alone starts and stops.
absl::Status Sampler::AddStream(const PlannedStream& stream, perf::Target target, Begin begin,
                                Cpu& cpu) {
  for (const PlannedEvent& planned : stream.events) {
    if (!IsOn(planned, target.cpu)) continue;
    EventDescription description = planned.description;
    description.enable_on_exec = begin == Begin::kAtExec;
    if (!planned.leader) {
      ASSIGN_OR_RETURN(perf::Event event, perf::Event::Open(description, target));
      RETURN_IF_ERROR(Keep(std::move(event), stream.info.id, cpu, cpu.others));
      continue;
    }
    EventDescription leading = *planned.leader;
    leading.enable_on_exec = begin == Begin::kAtExec;
    description.disabled = description.enable_on_exec = false;
    ASSIGN_OR_RETURN(perf::Event leader, perf::Event::Open(leading, target));
    ASSIGN_OR_RETURN(perf::Event event, perf::Event::OpenBehind(leader, description));
    RETURN_IF_ERROR(Keep(std::move(leader), 0, cpu, cpu.others));
    RETURN_IF_ERROR(Keep(std::move(event), stream.info.id, cpu, cpu.others));
  }
  return absl::OkStatus();
}

absl::Status Sampler::Keep(perf::Event event, std::uint8_t stream, Cpu& cpu,
                           std::vector<perf::Event>& events) {
  RETURN_IF_ERROR(event.RedirectTo(cpu.metadata.front()));
  cpu.decoder.Add(event.id(), perf::LayoutOf(event.description()));
  stream_of_event_[event.id()] = stream;
  events.push_back(std::move(event));
  return absl::OkStatus();
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

std::vector<int> Sampler::wakeup_fds() const {
  std::vector<int> fds;
  for (const Cpu& cpu : cpus_) fds.push_back(cpu.metadata.front().fd());
  return fds;
}

std::uint8_t Sampler::StreamOf(std::uint64_t event_id) const {
  const auto entry = stream_of_event_.find(event_id);
  return entry == stream_of_event_.end() ? std::uint8_t{0} : entry->second;
}

bool Sampler::HasWork() const {
  return queue_.size() != 0 || std::any_of(cpus_.begin(), cpus_.end(), [](const Cpu& cpu) {
           return cpu.ring.WaitingBytes() != 0;
         });
}

void Sampler::ReadRings(LossLedger& losses) {
  for (Cpu& cpu : cpus_) ReadRing(cpu, losses);
}

void Sampler::ReadRing(Cpu& cpu, LossLedger& losses) {
  while (true) {
    const auto raw = cpu.ring.Peek();
    if (!raw.ok()) {
      losses.Count(LossKind::kCorruptRecord, 1);
      cpu.ring.DiscardAll();
      return;
    }
    if (!*raw) return;
    auto record = cpu.decoder.Decode(**raw);
    cpu.ring.Consume();
    if (!record.ok()) {
      losses.Count(LossKind::kCorruptRecord, 1);
      continue;
    }
    if (const auto* fork = std::get_if<perf::ForkRecord>(&*record); fork && !attached_.empty()) {
      attached_.insert(fork->tid);
    }
    const std::uint64_t time_ns = perf::OriginOf(*record).time_ns;
    queue_.Push(time_ns, *std::move(record));
  }
}

void Sampler::CountFinalLosses(std::uint64_t counted, LossLedger& losses) const {
  std::uint64_t lost = 0;
  for (const Cpu& cpu : cpus_) {
    const auto add = [&lost](const perf::Event& event) {
      if (const auto count = event.ReadCount(); count.ok()) lost += count->lost;
    };
    for (const auto& of_step : cpu.steps) std::for_each(of_step.begin(), of_step.end(), add);
    std::for_each(cpu.others.begin(), cpu.others.end(), add);
    std::for_each(cpu.metadata.begin(), cpu.metadata.end(), add);
  }
  if (lost > counted) losses.Count(LossKind::kRingOverflow, lost - counted);
}

}  // namespace heimdallr::recorder
