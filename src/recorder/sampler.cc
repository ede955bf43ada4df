#include "recorder/sampler.h"

#include <time.h>

#include <algorithm>
#include <map>
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

absl::Status Sampler::Plan(const RecorderOptions& options, const Machine& machine) {
  machine_ = &machine;
  ASSIGN_OR_RETURN(planned_, PlanStreams(options, machine.system.sys_root));
  for (const PlannedStream& stream : planned_) {
    streams_.push_back(stream.info);
    if (stream.info.may_batch) clock_ = EventClock::kPerf;
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
  return absl::NotFoundError(
      "there is no PMU here that samples memory accesses and that heimdallr can read: a virtual "
      "machine usually has none; --source clock works there (heimdallr doctor says more)");
}

absl::StatusOr<Sampler> Sampler::TryAll(
    const RecorderOptions& options, const Machine& machine, std::vector<std::string>& warnings,
    const std::function<absl::StatusOr<Sampler>(const RecorderOptions&)>& open) {
  ASSIGN_OR_RETURN(const std::vector<RecorderOptions> ways, WaysTo(options, machine));
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
    LossLedger ignored;  // nothing is sampled yet
    ReadRings(ignored);
  }
  if (!cpus_.empty()) return absl::OkStatus();
  return absl::NotFoundError("all threads that were to be sampled have ended");
}

// Whether there were any that are new. A thread may end at any time, also the first of a process
// before the others do.
absl::StatusOr<bool> Sampler::AttachThreadsOf(const RecorderOptions& options, pid_t pid,
                                              const std::vector<int>& cpus) {
  ASSIGN_OR_RETURN(const std::vector<pid_t> tids, process::ThreadsOf(pid));
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
  if (!of_all_.empty()) {
    warnings.emplace_back(
        "this kernel samples memory accesses of whole CPUs alone (Linux 6.2 and newer can follow "
        "one program): those of other programs are left out, but count among what is lost");
  }
}

// Without it, times of samples and of allocations could not be compared.
static absl::Status CheckClock(const perf::Event& event) {
  const auto& given_up = event.concessions();
  if (std::find(given_up.begin(), given_up.end(), perf::Concession::kClock) == given_up.end()) {
    return absl::OkStatus();
  }
  return absl::UnimplementedError(
      "this kernel cannot stamp events by CLOCK_MONOTONIC (Linux 4.1 or newer can)");
}

EventDescription Sampler::Stamped(EventDescription description) const {
  if (clock_ == EventClock::kPerf) description.clock.reset();
  return description;
}

absl::StatusOr<perf::Event> Sampler::OpenEvent(EventDescription description,
                                               perf::Target target) const {
  return perf::Event::Open(Stamped(std::move(description)), target, machine_->system);
}

absl::Status Sampler::OpenRing(const RecorderOptions& options, EventDescription metadata_event,
                               perf::Target target) {
  metadata_event.wakeup_bytes = static_cast<std::uint32_t>(options.buffer_bytes / 4);
  ASSIGN_OR_RETURN(perf::Event metadata, OpenEvent(metadata_event, target));
  RETURN_IF_ERROR(CheckClock(metadata));
  ASSIGN_OR_RETURN(
      perf::PerfRing ring,
      perf::PerfRing::Map(metadata.fd(), options.buffer_bytes,
                          fmt::format("perf ring of CPU {}", target.cpu), machine_->system));
  if (clock_ == EventClock::kPerf && !ring.clock_conversion()) {
    if (!cpus_.empty()) {
      return absl::UnavailableError(fmt::format(
          "the kernel tells how its clock runs on CPU {} no longer; try again", target.cpu));
    }
    // Then each sample costs an interrupt, and its time is right.
    clock_ = EventClock::kMonotonic;
    for (StreamInfo& stream : streams_) stream.may_batch = false;
    return OpenRing(options, metadata_event, target);
  }
  if (clock_ == EventClock::kPerf && !counter_) StartCounter();
  Cpu cpu{.ring = std::move(ring)};
  cpu.decoder.Add(metadata.id(), perf::LayoutOf(metadata.description()));
  cpu.metadata.push_back(std::move(metadata));
  if (period_plan_) cpu.steps.resize(period_plan_->steps.size());
  cpus_.push_back(std::move(cpu));
  return absl::OkStatus();
}

// Two moments make a first rate; ReadRings adds more.
void Sampler::StartCounter() {
  constexpr timespec kApart{.tv_sec = 0, .tv_nsec = 200'000};
  const channel::ClockPair first = machine_->sample_clocks();
  nanosleep(&kApart, nullptr);
  counter_.emplace(first, machine_->sample_clocks());
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
    ASSIGN_OR_RETURN(perf::Event event, OpenEvent(at_step, target));
    RETURN_IF_ERROR(Keep(std::move(event), governed_stream_, cpu, cpu.steps[step]));
  }
  return absl::OkStatus();
}

// Of a group the leader alone starts and stops.
absl::Status Sampler::AddStream(const PlannedStream& stream, perf::Target target, Begin begin,
                                Cpu& cpu) {
  for (const PlannedEvent& planned : stream.events) {
    if (!IsOn(planned, target.cpu)) continue;
    if (planned.is_spe) {
      RETURN_IF_ERROR(AddSpe(planned, stream.info.id, target, begin, cpu));
      continue;
    }
    EventDescription description = planned.description;
    description.enable_on_exec = begin == Begin::kAtExec;
    if (!planned.leader) {
      // One for each CPU is enough of those that sample all of it.
      const bool is_first_task = cpu.metadata.size() == 1;
      if (IsOfAll(stream.info.id) && !is_first_task) continue;
      auto event = OpenEvent(description, target);
      if (planned.may_be_of_all && absl::IsInvalidArgument(event.status())) {
        event = OpenOfAll(description, target);
        if (event.ok()) of_all_.insert(stream.info.id);
      }
      if (!event.ok()) return event.status();
      RETURN_IF_ERROR(Keep(*std::move(event), stream.info.id, cpu, cpu.others));
      continue;
    }
    EventDescription leading = *planned.leader;
    leading.enable_on_exec = begin == Begin::kAtExec;
    description.disabled = description.enable_on_exec = false;
    ASSIGN_OR_RETURN(perf::Event leader, OpenEvent(leading, target));
    ASSIGN_OR_RETURN(perf::Event event,
                     perf::Event::OpenBehind(leader, Stamped(description), machine_->system));
    RETURN_IF_ERROR(Keep(std::move(leader), 0, cpu, cpu.others));
    RETURN_IF_ERROR(Keep(std::move(event), stream.info.id, cpu, cpu.others));
  }
  return absl::OkStatus();
}

// It has no exec to begin at: what comes before the program's is left out with everybody else's.
absl::StatusOr<perf::Event> Sampler::OpenOfAll(EventDescription description,
                                               perf::Target target) const {
  description.inherit = false;
  description.disabled = description.enable_on_exec = false;
  return OpenEvent(std::move(description), {.pid = -1, .cpu = target.cpu});
}

absl::Status Sampler::AddSpe(const PlannedEvent& planned, std::uint8_t stream, perf::Target target,
                             Begin begin, Cpu& cpu) {
  EventDescription description = planned.description;
  description.enable_on_exec = begin == Begin::kAtExec;
  // Its records alone have times of this clock, those in the AUX area the counter's.
  description.clock = CLOCK_MONOTONIC;
  ASSIGN_OR_RETURN(perf::Event event, perf::Event::Open(description, target, machine_->system));
  RETURN_IF_ERROR(CheckClock(event));
  stream_of_event_[event.id()] = stream;
  if (!counter_) StartCounter();
  if (cpu.spe) return cpu.spe->Add(std::move(event));
  ASSIGN_OR_RETURN(cpu.spe, SpeSource::Make(std::move(event), machine_->system));
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
           return cpu.ring.WaitingBytes() != 0 || (cpu.spe && cpu.spe->HasWork());
         });
}

bool Sampler::holds_back() const {
  return std::any_of(cpus_.begin(), cpus_.end(),
                     [](const Cpu& cpu) { return cpu.spe.has_value(); });
}

// An event whose program has ended has nothing to give; errors say no more than that.
void Sampler::Flush() {
  for (Cpu& cpu : cpus_) {
    if (cpu.spe) cpu.spe->Flush().IgnoreError();
  }
}

void Sampler::ReadRings(LossLedger& losses) {
  if (counter_) counter_->Add(machine_->sample_clocks());
  for (Cpu& cpu : cpus_) {
    ReadRing(cpu, losses);
    if (!cpu.spe) continue;
    cpu.spe->Read(*counter_, losses,
                  [this](perf::KernelRecord record) { Queue(std::move(record)); });
  }
}

void Sampler::ReadRing(Cpu& cpu, LossLedger& losses) {
  const auto conversion = clock_ == EventClock::kPerf ? cpu.ring.clock_conversion() : std::nullopt;
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
    if (conversion) {
      std::visit(
          [&](auto& r) {
            r.origin.time_ns = counter_->ToMonotonicNs(conversion->CounterOf(r.origin.time_ns));
          },
          *record);
    }
    Queue(*std::move(record));
  }
}

void Sampler::Queue(perf::KernelRecord record) {
  if (const auto* fork = std::get_if<perf::ForkRecord>(&record); fork && !attached_.empty()) {
    attached_.insert(fork->tid);
  }
  const std::uint64_t time_ns = perf::OriginOf(record).time_ns;
  queue_.Push(time_ns, std::move(record));
}

template <typename Sink>
void Sampler::ReadCounts(const Cpu& cpu, Sink&& sink) {
  const auto read = [&](const perf::Event& event) {
    if (const auto count = event.ReadCount(); count.ok()) sink(event, *count);
  };
  for (const auto& of_step : cpu.steps) std::for_each(of_step.begin(), of_step.end(), read);
  std::for_each(cpu.others.begin(), cpu.others.end(), read);
  std::for_each(cpu.metadata.begin(), cpu.metadata.end(), read);
}

// An event of one CPU is "enabled" while its threads run, on whatever CPU, and "running" while it
// has a counter on its own: so the greatest of the first and the sum of the second are compared.
void Sampler::CountMultiplexed(LossLedger& losses) const {
  struct Times {
    std::uint64_t enabled_ns = 0;
    std::uint64_t running_ns = 0;
  };
  std::map<std::uint8_t, Times> of_streams;
  for (const Cpu& cpu : cpus_) {
    std::map<std::uint8_t, std::uint64_t> enabled_ns;
    ReadCounts(cpu, [&](const perf::Event& event, const perf::EventCount& count) {
      const std::uint8_t stream = StreamOf(event.id());
      if (stream == 0 || event.description().rate.value == 0) return;
      enabled_ns[stream] += count.time_enabled_ns;
      of_streams[stream].running_ns += count.time_running_ns;
    });
    for (const auto& [stream, ns] : enabled_ns) {
      of_streams[stream].enabled_ns = std::max(of_streams[stream].enabled_ns, ns);
    }
  }
  for (const auto& [stream, times] : of_streams) {
    if (times.enabled_ns <= times.running_ns) continue;
    losses.Count(LossKind::kMultiplexed, times.enabled_ns - times.running_ns, {.stream = stream});
  }
}

void Sampler::CountFinalLosses(std::uint64_t counted, LossLedger& losses) {
  std::uint64_t lost = 0;
  for (Cpu& cpu : cpus_) {
    const auto add = [&](const perf::Event& /*event*/, const perf::EventCount& count) {
      lost += count.lost;
    };
    ReadCounts(cpu, add);
    if (cpu.spe) cpu.spe->CountUntold(losses);
  }
  if (lost > counted) losses.Count(LossKind::kRingOverflow, lost - counted);
  CountMultiplexed(losses);
}

}  // namespace heimdallr::recorder
