#include "recorder/event_plan.h"

#include <linux/hw_breakpoint.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "perf/event_encoding.h"
#include "perf/event_syntax.h"
#include "perf/pmu_catalog.h"

namespace heimdallr::recorder {
namespace {

using perf::EncodedEvent;
using perf::EventDescription;
using perf::SamplingRate;

// Primes, so that samples do not fall into step with loops.
constexpr std::uint64_t kMemoryPeriod = 10'007;
constexpr std::uint64_t kOtherPeriod = 1'000'003;
constexpr std::uint64_t kIbsPeriod = 16 * 6'257ULL;  // a multiple of 16 (perf/machine_events.cc)
constexpr std::uint64_t kSpePeriod = 256 * 397ULL;  // of 256: PMSIRR_EL1.INTERVAL has no finer ones
constexpr std::string_view kSpe = "arm_spe_";
constexpr std::uint32_t kKernelLatency = 3;  // what perf's mem-loads asks for
constexpr char kLoads[] = "mem-loads";
constexpr char kLoadsLeader[] = "mem-loads-aux";

constexpr std::uint64_t kCommonFields = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
                                        PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | PERF_SAMPLE_CPU |
                                        PERF_SAMPLE_PERIOD;
constexpr std::uint64_t kCountFields =
    PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_LOST;

bool IsClock(const EncodedEvent& event) {
  return event.type == PERF_TYPE_SOFTWARE &&
         (event.words[0] == PERF_COUNT_SW_CPU_CLOCK || event.words[0] == PERF_COUNT_SW_TASK_CLOCK);
}

bool IsFaults(const EncodedEvent& event) {
  return event.type == PERF_TYPE_SOFTWARE && (event.words[0] == PERF_COUNT_SW_PAGE_FAULTS ||
                                              event.words[0] == PERF_COUNT_SW_PAGE_FAULTS_MIN ||
                                              event.words[0] == PERF_COUNT_SW_PAGE_FAULTS_MAJ);
}

// Of a PMU that says where its data came from, and how long that took.
bool TellsOfMemory(const EncodedEvent& event) {
  return !event.pmu.empty() && event.breakpoint_kind == 0 && event.type != PERF_TYPE_SOFTWARE &&
         event.type != PERF_TYPE_TRACEPOINT;
}

SourceKind SourceOf(const EncodedEvent& event) {
  if (IsClock(event)) return SourceKind::kClock;
  return IsFaults(event) ? SourceKind::kFaults : SourceKind::kPmu;
}

std::uint64_t DefaultPeriod(const EncodedEvent& event, const RecorderOptions& options) {
  if (IsClock(event)) return PeriodNs(options);
  if (event.type == PERF_TYPE_SOFTWARE || event.breakpoint_kind != 0) return 1;
  if (event.pmu == "ibs_op") return kIbsPeriod;
  if (event.pmu.starts_with(kSpe)) return kSpePeriod;
  return event.text.find("mem-") != std::string::npos ? kMemoryPeriod : kOtherPeriod;
}

SamplingRate RateOf(const EventRequest& request, const EncodedEvent& event,
                    const RecorderOptions& options) {
  using Unit = SamplingRate::Unit;
  const auto by_frequency = [&](std::uint32_t hz) -> SamplingRate {
    if (IsClock(event)) return {Unit::kPeriod, std::max(1U, 1'000'000'000 / hz)};
    return {Unit::kFrequency, hz};
  };
  if (request.period) return {Unit::kPeriod, *request.period};
  if (request.frequency_hz) return by_frequency(*request.frequency_hz);
  if (event.period) return {Unit::kPeriod, *event.period};
  if (event.frequency_hz) return by_frequency(*event.frequency_hz);
  return {Unit::kPeriod, DefaultPeriod(event, options)};
}

void SetFields(const EventFields& fields, const EncodedEvent& event,
               EventDescription& description) {
  description.sample_type = kCommonFields;
  // Asked for their period, events of the kernel's own and breakpoints disregard it: each is a
  // sample (perf_swevent_event of kernel/events/core.c).
  const bool is_counted_by_kernel = event.type == PERF_TYPE_SOFTWARE && !IsClock(event);
  if (is_counted_by_kernel || event.breakpoint_kind != 0) {
    description.sample_type &= ~std::uint64_t{PERF_SAMPLE_PERIOD};
  }
  if (TellsOfMemory(event)) {
    if (fields.latency) description.sample_type |= PERF_SAMPLE_WEIGHT_STRUCT;
    if (fields.data_source) description.sample_type |= PERF_SAMPLE_DATA_SRC;
  }
  if (fields.physical_address) description.sample_type |= PERF_SAMPLE_PHYS_ADDR;
  if (fields.page_size) description.sample_type |= PERF_SAMPLE_DATA_PAGE_SIZE;
  if (fields.callchain) description.sample_type |= PERF_SAMPLE_CALLCHAIN;
  if (fields.registers || IsClock(event)) perf::SampleRegisters(description);
}

// What the event's modifiers say comes first, then what the request says: user mode alone if
// nothing else.
void SetWhere(const EventRequest& request, const perf::PmuCatalog& catalog,
              const EncodedEvent& event, EventDescription& description) {
  const perf::EventModifiers& modifiers = event.modifiers;
  const bool told = modifiers.says_where();
  const bool user = told ? modifiers.user : request.user;
  const bool kernel = told ? modifiers.kernel : request.kernel;
  description.exclude_user = !user;
  description.exclude_kernel = !kernel;
  description.exclude_hypervisor = !modifiers.hypervisor;
  if (event.pmu != "ibs_op") return;
  // IBS can leave nothing out but by the kernel's own filter.
  const perf::Pmu* const pmu = catalog.Find(event.pmu);
  const auto filter = pmu->formats.find("swfilt");
  if (filter == pmu->formats.end()) {
    description.exclude_user = description.exclude_kernel = description.exclude_hypervisor = false;
    return;
  }
  perf::ConfigWords words{description.config, description.config1, description.config2};
  filter->second.Set(1, words);
  description.config2 = words[2];
}

EventDescription Describe(const EventRequest& request, const RecorderOptions& options,
                          const perf::PmuCatalog& catalog, const EncodedEvent& event) {
  EventDescription description{
      .name = event.text,
      .type = event.type,
      .config = event.words[0],
      .config1 = event.words[1],
      .config2 = event.words[2],
      .rate = RateOf(request, event, options),
      .read_format = kCountFields,
      .precise_level = request.precise.value_or(event.precise_level),
      .least_precise_level = request.precise.value_or(event.least_precise_level)};
  if (event.breakpoint_kind != 0) {
    description.breakpoint_kind = event.breakpoint_kind;
    description.config1 = event.breakpoint_address;
    description.config2 = event.breakpoint_bytes;
  }
  SetFields(request.fields, event, description);
  SetWhere(request, catalog, event, description);
  return description;
}

// Whatever it was called: the PMU's own event of loads.
bool IsLoadLatency(const EncodedEvent& event, const perf::Pmu& pmu) {
  const auto loads = perf::EncodeNamed(pmu, kLoads, {});
  return loads.ok() && loads->words[0] == event.words[0];
}

// On processors that need it load latency is led by an event that only counts.
absl::StatusOr<std::optional<EventDescription>> LeaderOf(const EventRequest& request,
                                                         const RecorderOptions& options,
                                                         const perf::PmuCatalog& catalog,
                                                         const EncodedEvent& event) {
  const perf::Pmu* const pmu = catalog.Find(event.pmu);
  std::string leader = request.leader;
  if (leader.empty() && pmu != nullptr && IsLoadLatency(event, *pmu) &&
      pmu->events.contains(kLoadsLeader)) {
    leader = fmt::format("{}/{}/", pmu->name, kLoadsLeader);
  }
  if (leader.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const perf::ParsedEvent parsed, perf::ParseEvent(leader));
  ASSIGN_OR_RETURN(const std::vector<EncodedEvent> encoded, perf::EncodeEvent(parsed, catalog));
  const auto own = std::find_if(encoded.begin(), encoded.end(),
                                [&](const EncodedEvent& one) { return one.pmu == event.pmu; });
  EventDescription description =
      Describe({}, options, catalog, own == encoded.end() ? encoded.front() : *own);
  description.rate = {};
  description.sample_type =
      PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
  description.precise_level = description.least_precise_level = 0;
  return description;
}

// Registers must be those of the sampled instruction: of an interrupt that follows at once, or out
// of Intel's own records. AMD's IBS, which also stands behind precise events of its cores
// (amd_pmu_hw_config of Linux), and ARM's SPE have none.
absl::Status CheckRegisters(const EventRequest& request, const perf::PmuCatalog& catalog,
                            const EncodedEvent& event, std::uint32_t precise_level) {
  if (!request.fields.registers || IsClock(event)) return absl::OkStatus();
  const auto refused = [&](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format(
        "event '{}' cannot have the field 'registers': {}", base::Printable(event.text), why));
  };
  if (perf::ReplayedRegisters() == 0) return refused("only code of x86-64 is replayed");
  if (event.type == PERF_TYPE_SOFTWARE || event.breakpoint_kind != 0) {
    return refused("it is for the clock and for events of the processor's cores");
  }
  const bool by_ibs = precise_level != 0 && catalog.Find("ibs_op") != nullptr;
  if (by_ibs || event.pmu.starts_with("ibs_")) {
    return refused("samples of IBS have those of a later instruction");
  }
  return absl::OkStatus();
}

AccessKind KindOf(const EventRequest& request, const EncodedEvent& event) {
  switch (request.kind) {
    case EventKind::kLoad:
      return AccessKind::kLoad;
    case EventKind::kStore:
      return AccessKind::kStore;
    case EventKind::kLoadStore:
      return AccessKind::kLoadStore;
    default:
      break;
  }
  // A breakpoint that waits for writes alone.
  return event.breakpoint_kind == HW_BREAKPOINT_W ? AccessKind::kStore : AccessKind::kUnknown;
}

absl::Status Explained(const EventRequest& request, const absl::Status& status) {
  std::string text = std::string(base::Message(status));
  if (!request.place.empty()) text = fmt::format("{}: {}", request.place, text);
  if (absl::IsNotFound(status)) {
    text +=
        fmt::format(". A virtual machine usually has no PMU for memory accesses; {} works there",
                    perf::SourceWithoutPmu());
  }
  return {status.code(), text};
}

// Whether the processor may hand over samples of several events at one interrupt. Of Intel's: a
// fixed period and nothing but these fields (intel_pmu_large_pebs_flags of Linux; kernels that do
// not have the latency among them interrupt for each sample all the same).
bool MayBatch(const std::vector<PlannedEvent>& events) {
  constexpr std::uint64_t kLargePebs = kCommonFields | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |
                                       PERF_SAMPLE_DATA_SRC | PERF_SAMPLE_PHYS_ADDR |
                                       PERF_SAMPLE_REGS_INTR | PERF_SAMPLE_WEIGHT |
                                       PERF_SAMPLE_WEIGHT_STRUCT;
  return std::all_of(events.begin(), events.end(), [](const PlannedEvent& event) {
    const EventDescription& e = event.description;
    return event.is_spe || (e.precise_level != 0 && e.rate.unit == SamplingRate::Unit::kPeriod &&
                            (e.sample_type & ~kLargePebs) == 0);
  });
}

std::uint32_t LatencyOf(const EventRequest& request, const perf::ParsedEvent& parsed) {
  if (request.ldlat) return *request.ldlat;
  for (const perf::EventTerm& term : parsed.terms) {
    if (term.name == "ldlat" || term.name == "min_latency")
      return static_cast<std::uint32_t>(term.value.value_or(0));
  }
  const bool loads = std::any_of(parsed.terms.begin(), parsed.terms.end(),
                                 [](const auto& term) { return term.name == "mem-loads"; });
  return loads ? kKernelLatency : 0;
}

absl::StatusOr<PlannedStream> PlanStream(const EventRequest& request,
                                         const RecorderOptions& options,
                                         const perf::PmuCatalog& catalog) {
  ASSIGN_OR_RETURN(perf::ParsedEvent parsed, perf::ParseEvent(request.event));
  if (request.ldlat) {
    std::erase_if(parsed.terms, [](const auto& term) { return term.name == "ldlat"; });
    parsed.terms.push_back({.name = "ldlat", .value = request.ldlat});
  }
  ASSIGN_OR_RETURN(const std::vector<EncodedEvent> encoded, perf::EncodeEvent(parsed, catalog));
  PlannedStream stream;
  for (const EncodedEvent& event : encoded) {
    if (event.words[3] != 0) {
      return absl::UnimplementedError(fmt::format(
          "event '{}' has terms in config3, which perf_event_attr of this build does not have",
          base::Printable(event.text)));
    }
    ASSIGN_OR_RETURN(auto leader, LeaderOf(request, options, catalog, event));
    EventDescription description = Describe(request, options, catalog, event);
    RETURN_IF_ERROR(CheckRegisters(request, catalog, event, description.precise_level));
    stream.events.push_back({.description = std::move(description),
                             .leader = std::move(leader),
                             .cpus = event.cpus,
                             .is_spe = event.pmu.starts_with(kSpe),
                             .may_be_of_all = event.pmu == "ibs_op"});
  }
  const EncodedEvent& first = encoded.front();
  const EventDescription& description = stream.events.front().description;
  stream.kind = KindOf(request, first);
  stream.info = {.source = SourceOf(first),
                 .name = request.name.empty() ? first.text : request.name,
                 .event = perf::EventText(description),
                 .precise_level = description.precise_level,
                 .minimum_latency_cycles = LatencyOf(request, parsed),
                 .may_batch = MayBatch(stream.events)};
  if (description.rate.unit == SamplingRate::Unit::kFrequency) {
    stream.info.frequency_hz = static_cast<std::uint32_t>(description.rate.value);
  } else {
    stream.info.period = description.rate.value;
  }
  return stream;
}

// ---- Sources that need no request ----

PlannedStream ClockStream(const RecorderOptions& options) {
  PlannedStream stream;
  stream.events.push_back(
      {.description = perf::CpuClockEvent({SamplingRate::Unit::kPeriod, PeriodNs(options)})});
  stream.info = {.source = SourceKind::kClock,
                 .name = "clock",
                 .event = perf::EventText(stream.events.front().description),
                 .period = PeriodNs(options),
                 .frequency_hz = options.period_ns == 0 ? options.frequency_hz : 0};
  return stream;
}

PlannedStream FaultStream() {
  PlannedStream stream;
  stream.events.push_back({.description = perf::PageFaultEvent()});
  stream.info = {.source = SourceKind::kFaults,
                 .name = "faults",
                 .event = perf::EventText(stream.events.front().description),
                 .period = 1};
  return stream;
}

bool UsesClock(const RecorderOptions& options, TickReplay replay) {
  if (!options.events.empty()) return false;
  return options.source == SourceChoice::kClock ||
         (options.source == SourceChoice::kAuto && replay == TickReplay::kAvailable);
}

bool UsesFaults(const RecorderOptions& options, TickReplay replay) {
  return options.faults || options.source == SourceChoice::kFaultsOnly ||
         FaultsReplaceClock(options, replay);
}

absl::Status CheckStreams(const std::vector<PlannedStream>& streams, TickReplay replay) {
  constexpr std::size_t kMostStreams = 255;  // StreamInfo::id has eight bits, 0 is none
  if (streams.size() > kMostStreams) {
    return absl::InvalidArgumentError(fmt::format(
        "{} events are asked for; a recording can have {}", streams.size(), kMostStreams));
  }
  const auto clocks = std::count_if(
      streams.begin(), streams.end(),
      [](const PlannedStream& stream) { return stream.info.source == SourceKind::kClock; });
  if (clocks > 1) {
    return absl::InvalidArgumentError(
        "only one clock can be sampled at a time: its rate is kept within a budget");
  }
  if (clocks != 0 && replay == TickReplay::kMissing) {
    return absl::UnimplementedError(
        "ticks of the clock tell no accesses on this architecture: heimdallr replays code of "
        "x86-64 "
        "alone. --source pmu takes accesses from the processor where it samples them, --source "
        "faults the first touch of each page");
  }
  return absl::OkStatus();
}

}  // namespace

TickReplay NativeTickReplay() {
  return perf::ReplayedRegisters() != 0 ? TickReplay::kAvailable : TickReplay::kMissing;
}

bool FaultsReplaceClock(const RecorderOptions& options, TickReplay replay) {
  return options.events.empty() && options.source == SourceChoice::kAuto &&
         replay == TickReplay::kMissing;
}

absl::StatusOr<std::vector<PlannedStream>> PlanStreams(const RecorderOptions& options,
                                                       const std::string& sys_root,
                                                       TickReplay replay) {
  std::vector<PlannedStream> streams;
  // A fixed period even when a frequency is asked for: on a clock event the kernel has nothing to
  // steer, and every sample then stands for the same time.
  if (UsesClock(options, replay)) streams.push_back(ClockStream(options));
  if (!options.events.empty()) {
    auto catalog = perf::PmuCatalog::Read(sys_root);
    if (!catalog.ok()) return catalog.status();
    for (const EventRequest& request : options.events) {
      auto stream = PlanStream(request, options, *catalog);
      if (!stream.ok()) return Explained(request, stream.status());
      streams.push_back(*std::move(stream));
    }
  }
  if (UsesFaults(options, replay)) streams.push_back(FaultStream());
  RETURN_IF_ERROR(CheckStreams(streams, replay));
  for (std::size_t i = 0; i < streams.size(); ++i) {
    streams[i].info.id = static_cast<std::uint8_t>(i + 1);
  }
  return streams;
}

std::vector<EventRequest> HardwareRequests(const perf::MachineMemoryEvents& memory) {
  std::vector<EventRequest> requests;
  if (!memory.problem.empty()) return requests;
  const auto add = [&](const char* name, EventKind kind, const auto& event) {
    if (!event) return;
    // A name that cores of several kinds have stands for all of them.
    const bool several = memory.cores.size() > 1;
    const std::string& text = event->event.text;
    const bool terms = text.find('/') != std::string::npos;
    requests.push_back({.name = name,
                        .event = terms     ? text
                                 : several ? text + ":P"
                                           : fmt::format("{}/{}/P", event->event.pmu, text),
                        .kind = kind});
  };
  const perf::CoreMemoryEvents& core = memory.cores.front();
  if (memory.source == perf::MemorySource::kSpe) {
    // One event for both, as a CPU has one SPE; the name without its number stands for all CPUs.
    if (!core.load_store) return requests;
    const std::string& text = core.load_store->event.text;
    requests.push_back({.name = "accesses", .event = "arm_spe" + text.substr(text.find('/'))});
    return requests;
  }
  add("loads", EventKind::kLoad, core.load);
  add("stores", EventKind::kStore, core.store);
  if (requests.empty()) add("accesses", EventKind::kAsTold, core.load_store);
  return requests;
}

}  // namespace heimdallr::recorder
