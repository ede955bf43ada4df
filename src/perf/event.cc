#include "perf/event.h"

#if defined(__x86_64__)
#include <asm/perf_regs.h>
#endif

#include <utility>

#include <fmt/format.h>

namespace heimdallr::perf {
namespace {

// IDENTIFIER lies at a place of its own in every record, so events with different fields can share
// a ring.
constexpr std::uint64_t kCommonFields =
    PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;

constexpr std::uint64_t kCountFields =
    PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_LOST;

EventDescription SoftwareEvent(std::string name, std::uint64_t config) {
  EventDescription event;
  event.name = std::move(name);
  event.type = PERF_TYPE_SOFTWARE;
  event.config = config;
  event.sample_type = kCommonFields;
  event.read_format = kCountFields;
  return event;
}

void SetRate(const SamplingRate& rate, perf_event_attr& attributes) {
  if (rate.unit == SamplingRate::Unit::kFrequency) {
    attributes.freq = 1;
    attributes.sample_freq = rate.value;
  } else {
    attributes.sample_period = rate.value;
  }
}

void SetMetadata(const MetadataRecords& metadata, perf_event_attr& attributes) {
  attributes.comm = metadata.comm;
  attributes.comm_exec = metadata.comm_exec;
  attributes.mmap = metadata.mmap;
  attributes.mmap_data = metadata.mmap_data;
  attributes.mmap2 = metadata.mmap2;
  attributes.task = metadata.task;
  attributes.context_switch = metadata.context_switch;
  attributes.build_id = metadata.build_id;
}

}  // namespace

std::uint64_t ReplayedRegisters() {
#if defined(__x86_64__)
  constexpr std::uint64_t kFirstEight = (std::uint64_t{1} << (PERF_REG_X86_SP + 1)) - 1;
  constexpr std::uint64_t kR8ToR15 = std::uint64_t{0xff} << PERF_REG_X86_R8;
  return kFirstEight | kR8ToR15 | std::uint64_t{1} << PERF_REG_X86_IP |
         std::uint64_t{1} << PERF_REG_X86_FLAGS;
#else
  return 0;
#endif
}

std::string_view SourceWithoutPmu() {
  return ReplayedRegisters() != 0 ? "--source clock" : "--source faults";
}

void SampleRegisters(EventDescription& event) {
  const std::uint64_t registers = ReplayedRegisters();
  if (registers == 0) return;
  if (event.precise_level == 0) {
    event.sample_user_registers = registers;
    event.sample_type |= PERF_SAMPLE_REGS_USER;
  } else {
    event.sample_interrupt_registers = registers;
    event.sample_type |= PERF_SAMPLE_REGS_INTR;
  }
}

EventDescription CpuClockEvent(SamplingRate rate) {
  EventDescription event = SoftwareEvent("cpu-clock", PERF_COUNT_SW_CPU_CLOCK);
  event.rate = rate;
  event.sample_type |= PERF_SAMPLE_IP | PERF_SAMPLE_PERIOD;
  SampleRegisters(event);
  return event;
}

EventDescription PageFaultEvent() {
  EventDescription event = SoftwareEvent("page-faults", PERF_COUNT_SW_PAGE_FAULTS);
  event.rate = {SamplingRate::Unit::kPeriod, 1};
  event.sample_type |= PERF_SAMPLE_IP | PERF_SAMPLE_ADDR;
  return event;
}

EventDescription MetadataEvent() {
  EventDescription event = SoftwareEvent("dummy", PERF_COUNT_SW_DUMMY);
  event.metadata = {.comm = true,
                    .comm_exec = true,
                    .mmap = true,
                    .mmap_data = true,
                    .mmap2 = true,
                    .task = true,
                    .build_id = true};
  return event;
}

perf_event_attr ToAttributes(const EventDescription& event) {
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.config1 = event.config1;
  attributes.config2 = event.config2;
  SetRate(event.rate, attributes);
  attributes.sample_type = event.sample_type;
  attributes.sample_regs_user = event.sample_user_registers;
  attributes.sample_regs_intr = event.sample_interrupt_registers;
  attributes.read_format = event.read_format;
  if (event.wakeup_bytes != 0) {
    attributes.watermark = 1;
    attributes.wakeup_watermark = event.wakeup_bytes;
  }
  attributes.precise_ip = event.precise_level & 3U;
  attributes.bp_type = event.breakpoint_kind;
  attributes.exclude_user = event.exclude_user;
  attributes.exclude_kernel = event.exclude_kernel;
  attributes.exclude_hv = event.exclude_hypervisor;
  attributes.exclude_guest = event.exclude_guest;
  attributes.inherit = event.inherit;
  attributes.disabled = event.disabled;
  attributes.enable_on_exec = event.enable_on_exec;
  attributes.sample_id_all = event.sample_id_all;
  SetMetadata(event.metadata, attributes);
  if (event.clock.has_value()) {
    attributes.use_clockid = 1;
    attributes.clockid = *event.clock;
  }
  return attributes;
}

std::string EventText(const EventDescription& event) {
  std::string modifiers;
  if (event.exclude_kernel != event.exclude_user) modifiers += event.exclude_kernel ? 'u' : 'k';
  modifiers.append(event.precise_level, 'p');
  if (modifiers.empty()) return event.name;
  // A PMU event ends in a slash and takes its modifiers right behind it.
  const bool pmu = !event.name.empty() && event.name.back() == '/';
  return fmt::format("{}{}{}", event.name, pmu ? "" : ":", modifiers);
}

}  // namespace heimdallr::perf
