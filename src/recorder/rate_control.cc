#include "recorder/rate_control.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

#include "base/syscall_error.h"
#include "heimdallr/records.h"
#include "recorder/sampler.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kDecideNs = kSecond;
// After a change of step.
constexpr std::uint64_t kConfirmNs = kSecond / 100;
constexpr std::uint64_t kLastConfirmNs = kSecond / 2;
// Programs that are over sooner get no second thread beside them.
constexpr std::uint64_t kFirstMeasurementNs = kSecond / 50;
// Reading the CPU time of a thread is a system call, 0.8 us in a virtual machine; four of them in
// each of some thousand drains a second would cost more than what they measure.
constexpr std::uint64_t kMeteringNs = kSecond / 100;

}  // namespace

RateControl::RateControl(Sampler& sampler, trace::TraceWriter& writer, double budget)
    : sampler_(sampler), writer_(writer) {
  if (sampler.governed_stream() != 0) governor_.emplace(*sampler.period_plan(), budget);
}

std::uint64_t RateControl::ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

void RateControl::Begin(std::uint64_t now_ns, std::uint64_t trace_ns) {
  if (!governor_) return;
  begin_ns_ = now_ns;
  next_ns_ = now_ns + kDecideNs;
  slowest_period_ = governor_->period();
  WritePeriod(trace_ns);
}

void RateControl::StartDrain(std::uint64_t now_ns) {
  metering_ = governor_ && governor_->plan().steps.size() > 1 && now_ns >= next_metering_ns_ &&
              sampler_.HasWork();
  if (metering_) next_metering_ns_ = now_ns + kMeteringNs;
  drain_ns_ = 0;
}

void RateControl::EndDrain(std::uint64_t records, std::uint64_t samples) {
  const std::uint64_t handled = samples - std::exchange(samples_, samples);
  if (!metering_ || records != handled) return;
  metered_samples_ += handled;
  metered_ns_ += drain_ns_;
}

void RateControl::Govern(std::uint64_t now_ns, std::uint64_t trace_ns) {
  if (!governor_ || governor_->plan().steps.size() == 1) return;
  if (!tick_cost_ && now_ns >= begin_ns_ + kFirstMeasurementNs) tick_cost_.emplace();
  if (confirm_ns_ && now_ns >= *confirm_ns_) Confirm(now_ns);
  const bool news = tick_cost_ && tick_cost_->cost_ns() != known_cost_ns_;
  if (now_ns < next_ns_ && !news) return;
  next_ns_ = now_ns + kDecideNs;
  if (governor_->Decide(TakeCost())) Change(now_ns, trace_ns);
}

SamplingCost RateControl::TakeCost() {
  if (tick_cost_) known_cost_ns_ = tick_cost_->cost_ns();
  // Of the clock source, a sample each period of the workload's CPU time.
  SamplingCost cost{.samples = metered_samples_,
                    .recorder_ns = metered_ns_,
                    .interrupt_ns = known_cost_ns_,
                    .sample_interval_ns = static_cast<double>(governor_->period())};
  metered_samples_ = metered_ns_ = 0;
  const double samples = static_cast<double>(samples_ - samples_told_);
  samples_told_ = samples_;
  cpu_ns_ += samples * cost.sample_interval_ns;
  const double handling =
      cost.samples == 0 ? 0
                        : static_cast<double>(cost.recorder_ns) / static_cast<double>(cost.samples);
  cost_ns_ += samples * (static_cast<double>(cost.interrupt_ns) + handling);
  return cost;
}

void RateControl::UseStep() {
  const absl::Status status = sampler_.UseStep(governor_->step());
  if (!status.ok()) failure_ = base::Message(status);
}

void RateControl::Change(std::uint64_t now_ns, std::uint64_t trace_ns) {
  UseStep();
  confirm_ns_ = now_ns + kConfirmNs;
  last_confirmation_ = false;
  ++changes_;
  slowest_period_ = std::max(slowest_period_, governor_->period());
  WritePeriod(trace_ns);
}

// A thread that is being made during the switch may inherit the state before it (inherit_event of
// the kernel reads that of the parent before it lists the child): in a storm of new threads one
// switch in twelve left some behind. One of those may be making another now, hence twice.
void RateControl::Confirm(std::uint64_t now_ns) {
  UseStep();
  if (last_confirmation_) {
    confirm_ns_.reset();
  } else {
    confirm_ns_ = now_ns + kLastConfirmNs;
    last_confirmation_ = true;
  }
}

void RateControl::WritePeriod(std::uint64_t trace_ns) {
  writer_.Add(PeriodRecord{
      .time_ns = trace_ns,
      .period = governor_->period(),
      .sample_cost_ns = governor_->cost_is_measured() ? governor_->sample_cost_ns() : 0,
      .overhead = cpu_ns_ > 0 ? static_cast<float>(cost_ns_ / cpu_ns_) : 0.0F,
      .stream = sampler_.governed_stream()});
  cost_ns_ = cpu_ns_ = 0;
}

RateHistory RateControl::history() const {
  if (!governor_) return {};
  return {.asked_period = governor_->plan().steps[0],
          .last_period = governor_->period(),
          .slowest_period = slowest_period_,
          .changes = changes_,
          .budget = governor_->budget(),
          .asked_overhead = governor_->OverheadAt(0),
          .cost_measured = governor_->cost_is_measured(),
          .failure = failure_};
}

}  // namespace heimdallr::recorder
