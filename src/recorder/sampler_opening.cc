// The events and rings of one CPU.
#include <time.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "perf/event.h"
#include "recorder/sampler.h"

namespace heimdallr::recorder {
namespace {

using perf::EventDescription;

bool IsOn(const PlannedEvent& event, int cpu) {
  return event.cpus.empty() || std::binary_search(event.cpus.begin(), event.cpus.end(), cpu);
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

}  // namespace

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
  if (clock_ == EventClock::kPerf) cpu.conversion = cpu.ring.clock_conversion();
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
  description.metadata.context_switch = true;
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

}  // namespace heimdallr::recorder
