// What comes out of the rings, and what did not.
#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "recorder/loss_ledger.h"
#include "recorder/sampler.h"

namespace heimdallr::recorder {

std::vector<int> Sampler::wakeup_fds() const {
  std::vector<int> fds;
  for (const Cpu& cpu : cpus_) {
    fds.push_back(cpu.metadata.front().fd());
    if (cpu.spe) fds.push_back(cpu.spe->wakeup_fd());
  }
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
  return std::any_of(streams_.begin(), streams_.end(),
                     [](const StreamInfo& stream) { return stream.may_batch; });
}

// The kernel takes what the processor has when an event is switched off. An event whose program has
// ended has nothing to give; errors say no more than that.
void Sampler::SwitchHoldingBack(bool on_again) {
  for (Cpu& cpu : cpus_) {
    if (cpu.spe) {
      cpu.spe->Disable().IgnoreError();
      if (on_again) cpu.spe->Enable().IgnoreError();
    }
    if (clock_ != EventClock::kPerf) continue;
    for (perf::Event& event : cpu.others) {
      event.Disable().IgnoreError();
      if (on_again) event.Enable().IgnoreError();
    }
  }
}

void Sampler::Flush() { SwitchHoldingBack(true); }

void Sampler::Stop() { SwitchHoldingBack(false); }

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
  if (clock_ == EventClock::kPerf) {
    // One that is told no longer was right up to now.
    if (const auto told = cpu.ring.clock_conversion()) cpu.conversion = told;
  }
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
    if (cpu.conversion) {
      std::visit(
          [&](auto& r) {
            r.origin.time_ns = counter_->ToMonotonicNs(cpu.conversion->CounterOf(r.origin.time_ns));
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
