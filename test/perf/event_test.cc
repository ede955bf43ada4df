#include "perf/event.h"

#if defined(__x86_64__)
#include <asm/perf_regs.h>
#endif

#include <catch2/catch.hpp>

namespace heimdallr::perf {

TEST_CASE("CpuClockEvent: asks for ticks of user code") {
  const auto attributes = ToAttributes(CpuClockEvent({SamplingRate::Unit::kPeriod, 1'000'000}));
  CHECK(attributes.type == PERF_TYPE_SOFTWARE);
  CHECK(attributes.config == PERF_COUNT_SW_CPU_CLOCK);
  CHECK(attributes.freq == 0);
  CHECK(attributes.sample_period == 1'000'000);
  CHECK(attributes.exclude_kernel == 1);
  CHECK(attributes.exclude_hv == 1);
  CHECK(attributes.inherit == 1);
  CHECK(attributes.disabled == 1);
  CHECK(attributes.enable_on_exec == 1);
  CHECK(attributes.use_clockid == 1);
  CHECK(attributes.clockid == CLOCK_MONOTONIC);
}

TEST_CASE("CpuClockEvent: asks for the registers that code is replayed from") {
  const auto attributes = ToAttributes(CpuClockEvent({SamplingRate::Unit::kPeriod, 1'000'000}));
  CHECK(((attributes.sample_type & PERF_SAMPLE_REGS_USER) != 0) ==
        (attributes.sample_regs_user != 0));
#if defined(__x86_64__)
  for (int number = 0; number < PERF_REG_X86_64_MAX; ++number) {
    const bool selector = number >= PERF_REG_X86_CS && number <= PERF_REG_X86_GS;
    CHECK((attributes.sample_regs_user >> number & 1U) == (selector ? 0 : 1));
  }
#else
  CHECK(attributes.sample_regs_user == 0);
#endif
}

TEST_CASE("CpuClockEvent: a frequency is passed on as one") {
  const auto attributes = ToAttributes(CpuClockEvent({SamplingRate::Unit::kFrequency, 997}));
  CHECK(attributes.freq == 1);
  CHECK(attributes.sample_freq == 997);
}

TEST_CASE("PageFaultEvent: samples every fault with its address") {
  const auto attributes = ToAttributes(PageFaultEvent());
  CHECK(attributes.config == PERF_COUNT_SW_PAGE_FAULTS);
  CHECK(attributes.sample_period == 1);
  CHECK((attributes.sample_type & PERF_SAMPLE_ADDR) != 0);
}

TEST_CASE("MetadataEvent: carries processes and mappings of data too") {
  const auto attributes = ToAttributes(MetadataEvent());
  CHECK(attributes.config == PERF_COUNT_SW_DUMMY);
  CHECK(attributes.comm == 1);
  CHECK(attributes.comm_exec == 1);
  CHECK(attributes.mmap == 1);
  CHECK(attributes.mmap2 == 1);
  CHECK(attributes.mmap_data == 1);
  CHECK(attributes.task == 1);
  CHECK(attributes.sample_id_all == 1);
}

TEST_CASE("Event descriptions: those that share a ring all carry the identifier") {
  for (const auto& event : {CpuClockEvent({}), PageFaultEvent(), MetadataEvent()}) {
    CHECK((event.sample_type & PERF_SAMPLE_IDENTIFIER) != 0);
    CHECK((event.sample_type & PERF_SAMPLE_TIME) != 0);
  }
}

TEST_CASE("EventText: writes the event as perf takes it") {
  EventDescription event = CpuClockEvent({});
  CHECK(EventText(event) == "cpu-clock:u");
  event.exclude_kernel = false;
  CHECK(EventText(event) == "cpu-clock");
  event.name = "cpu/mem-loads,ldlat=30/";
  event.exclude_kernel = true;
  event.precise_level = 2;
  CHECK(EventText(event) == "cpu/mem-loads,ldlat=30/upp");
}

TEST_CASE("ToAttributes: a watermark is set only when asked for") {
  EventDescription event = CpuClockEvent({});
  CHECK(ToAttributes(event).watermark == 0);
  event.wakeup_bytes = 65536;
  CHECK(ToAttributes(event).watermark == 1);
  CHECK(ToAttributes(event).wakeup_watermark == 65536);
}

}  // namespace heimdallr::perf
