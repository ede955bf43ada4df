#include "perf/machine_events.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/syscall_error.h"

namespace heimdallr::perf {
namespace {

constexpr std::string_view kLoads = "mem-loads";
constexpr std::string_view kStores = "mem-stores";
constexpr std::string_view kLeader = "mem-loads-aux";
constexpr std::uint32_t kHighestPrecise = 3;
constexpr std::uint64_t kIbsPeriodMultiple = 16;  // arch/x86/events/amd/ibs.c: perf_ibs_init
constexpr std::uint64_t kSpePeriod = 4096;        // where the PMU does not say its least interval

bool Has(const Pmu& pmu, std::string_view event) { return pmu.events.contains(std::string(event)); }
bool HasTerm(const Pmu& pmu, const char* term) { return pmu.formats.contains(term); }

// A named event, if the PMU has it and it makes sense.
std::optional<EncodedEvent> Event(const Pmu& pmu, std::string_view name,
                                  const std::vector<EventTerm>& terms, MachineMemoryEvents& found) {
  if (!Has(pmu, name)) return std::nullopt;
  auto event = EncodeNamed(pmu, std::string(name), terms);
  if (event.ok()) return *std::move(event);
  found.notes.push_back(
      fmt::format("{} of {} is left out: {}", name, pmu.name, base::Message(event.status())));
  return std::nullopt;
}

std::optional<EncodedEvent> Terms(const Pmu& pmu, const std::vector<EventTerm>& terms,
                                  MachineMemoryEvents& found) {
  auto event = EncodeTerms(pmu, terms);
  if (event.ok()) return *std::move(event);
  found.notes.push_back(fmt::format("{} is left out: {}", pmu.name, base::Message(event.status())));
  return std::nullopt;
}

void Add(CoreMemoryEvents core, MachineMemoryEvents& found) {
  if (core.load || core.store || core.load_store) found.cores.push_back(std::move(core));
}

// ---- Intel ----

std::uint64_t TermOf(const Pmu& pmu, const char* term, const EncodedEvent& event) {
  const auto format = pmu.formats.find(term);
  return format == pmu.formats.end() ? 0 : format->second.Get(event.words);
}

// Load latency may use any counter but the first, level 3 the first alone: on cores from Golden
// Cove on (intel_get_event_constraints of Linux). They have the store event of those before
// Haswell, and the frontend term of those from Skylake on.
bool LoadsLackLevel3(const Pmu& pmu, const EncodedEvent& load,
                     const std::optional<EncodedEvent>& store) {
  constexpr std::uint64_t kLoadLatency = 0xcd;
  return TermOf(pmu, "event", load) == kLoadLatency && store &&
         TermOf(pmu, "event", *store) == kLoadLatency && HasTerm(pmu, "frontend");
}

// Without a precise level there is no data address, so such a PMU has no events for us.
void AddIntel(const Pmu& pmu, std::uint32_t ldlat, MachineMemoryEvents& found) {
  const auto most = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kHighestPrecise, pmu.Cap("max_precise").value_or(kHighestPrecise)));
  if (most == 0) {
    found.notes.push_back(fmt::format(
        "PMU '{}' has no precise sampling (caps/max_precise is 0), which finds the addresses: "
        "hypervisors and old microcode withhold it",
        pmu.name));
    return;
  }
  CoreMemoryEvents core{.pmu = pmu.name, .cpus = pmu.cpus};
  auto load = Event(pmu, kLoads, {{.name = "ldlat", .value = ldlat}}, found);
  auto store = Event(pmu, kStores, {}, found);
  if (!Has(pmu, kStores)) {
    found.notes.push_back(fmt::format("PMU '{}' has no event for stores", pmu.name));
  }
  if (load) {
    load->precise_level =
        LoadsLackLevel3(pmu, *load, store) ? std::min(most, kHighestPrecise - 1) : most;
    load->least_precise_level = 1;
    core.load = MemoryEvent{.event = *load, .leader = Event(pmu, kLeader, {}, found)};
  }
  if (store) {
    store->precise_level = most;
    store->least_precise_level = 1;
    core.store = MemoryEvent{.event = *std::move(store), .leader = std::nullopt};
  }
  Add(std::move(core), found);
}

// By what its event of loads says, so that a broken description of the term hides no stores.
bool FiltersByLatency(const Pmu& pmu) {
  const auto loads = pmu.events.find(std::string(kLoads));
  return loads != pmu.events.end() &&
         (HasTerm(pmu, "ldlat") || loads->second.find("ldlat") != std::string::npos);
}

bool FindIntel(const PmuCatalog& catalog, std::uint32_t ldlat, MachineMemoryEvents& found) {
  bool any = false;
  for (const Pmu& pmu : catalog.pmus()) {
    const bool is_core = pmu.name == "cpu" || pmu.name.starts_with("cpu_");
    if (!is_core || !FiltersByLatency(pmu)) continue;
    any = true;
    AddIntel(pmu, ldlat, found);
  }
  // The large cores first.
  std::stable_sort(found.cores.begin(), found.cores.end(), [](const auto& a, const auto& b) {
    return (a.pmu == "cpu_core") > (b.pmu == "cpu_core");
  });
  if (any) found.source = MemorySource::kPebs;
  return any;
}

// ---- POWER ----

bool FindPower(const PmuCatalog& catalog, MachineMemoryEvents& found) {
  const Pmu* const pmu = catalog.Find("cpu");
  if (pmu == nullptr) return false;
  CoreMemoryEvents core{.pmu = pmu->name, .cpus = pmu->cpus};
  const auto set = [](std::optional<MemoryEvent>& into, std::optional<EncodedEvent> event) {
    if (event) into = MemoryEvent{.event = *std::move(event), .leader = std::nullopt};
  };
  if (Has(*pmu, kLoads) && HasTerm(*pmu, "mark")) {
    set(core.load, Event(*pmu, kLoads, {}, found));
    set(core.store, Event(*pmu, kStores, {}, found));
    found.source = MemorySource::kMmcra;
    found.notes.emplace_back(
        "loads and stores share one counter: the kernel takes turns, each is sampled half the "
        "time");
  } else if (Has(*pmu, "mem_access")) {
    set(core.load_store, Event(*pmu, "mem_access", {}, found));
    found.source = MemorySource::kMmcra;
  }
  Add(std::move(core), found);
  return found.source == MemorySource::kMmcra;
}

// ---- AMD ----

bool FindAmd(const PmuCatalog& catalog, MachineMemoryEvents& found) {
  const Pmu* const pmu = catalog.Find("ibs_op");
  if (pmu == nullptr) return false;
  found.source = MemorySource::kIbs;
  // Counting operations is less skewed than counting cycles.
  std::vector<EventTerm> terms;
  if (HasTerm(*pmu, "cnt_ctl")) terms.push_back({.name = "cnt_ctl", .value = 1});
  auto event = Terms(*pmu, terms, found);
  if (!event) return true;
  found.period_multiple = found.least_period = kIbsPeriodMultiple;
  found.notes.emplace_back(
      "samples of operations that are neither loads nor stores are counted, not recorded");
  if (!HasTerm(*pmu, "swfilt")) {
    found.notes.emplace_back(
        "without privileges this kernel does not allow it: it cannot leave the "
        "kernel's own code out (Linux 6.15 or newer can)");
    found.notes.emplace_back(
        "before Linux 6.2 it is opened on whole CPUs alone, not for one program");
  }
  Add({.pmu = pmu->name,
       .cpus = pmu->cpus,
       .load = std::nullopt,
       .store = std::nullopt,
       .load_store = MemoryEvent{.event = *std::move(event), .leader = std::nullopt}},
      found);
  return true;
}

// ---- ARM ----

std::optional<MemoryEvent> OfSpe(const Pmu& pmu, bool loads, bool stores, std::uint32_t ldlat,
                                 MachineMemoryEvents& found) {
  std::vector<EventTerm> terms = {{.name = "ts_enable", .value = 1},
                                  {.name = "load_filter", .value = loads ? 1 : 0},
                                  {.name = "store_filter", .value = stores ? 1 : 0}};
  if (loads && HasTerm(pmu, "min_latency")) {
    terms.push_back({.name = "min_latency", .value = ldlat});
  }
  auto event = Terms(pmu, terms, found);
  if (!event) return std::nullopt;
  return MemoryEvent{.event = *std::move(event), .leader = std::nullopt};
}

bool FindSpe(const PmuCatalog& catalog, std::uint32_t ldlat, MachineMemoryEvents& found) {
  bool any = false;
  for (const Pmu& pmu : catalog.pmus()) {
    if (!pmu.name.starts_with("arm_spe_")) continue;
    any = true;
    Add({.pmu = pmu.name,
         .cpus = pmu.cpus,
         .load = OfSpe(pmu, true, false, ldlat, found),
         .store = OfSpe(pmu, false, true, ldlat, found),
         .load_store = OfSpe(pmu, true, true, ldlat, found)},
        found);
    found.least_period = std::max(found.least_period, pmu.Cap("min_interval").value_or(kSpePeriod));
  }
  if (any) found.source = MemorySource::kSpe;
  return any;
}

std::string WhyNone(const PmuCatalog& catalog) {
  const bool has_core =
      std::any_of(catalog.pmus().begin(), catalog.pmus().end(), [](const Pmu& pmu) {
        return pmu.name == "cpu" || pmu.name.starts_with("cpu_") || pmu.name.starts_with("armv8");
      });
  if (has_core) {
    return "the PMU has no events that sample memory accesses: neither mem-loads nor mem_access, "
           "ibs_op nor arm_spe_* is there. Hypervisors often give a guest counters alone";
  }
  return "there is no PMU here that samples memory accesses (neither mem-loads, ibs_op nor "
         "arm_spe_*); a virtual machine usually has none";
}

}  // namespace

MachineMemoryEvents FindMemoryEvents(const PmuCatalog& catalog, std::uint32_t ldlat) {
  MachineMemoryEvents found;
  const bool any = FindIntel(catalog, ldlat, found) || FindPower(catalog, found) ||
                   FindAmd(catalog, found) || FindSpe(catalog, ldlat, found);
  if (!any) {
    found.problem = WhyNone(catalog);
    if (!catalog.left_out().empty()) {
      found.problem += fmt::format(". Not understood: {}", catalog.left_out().front());
    }
  } else if (found.cores.empty()) {
    found.source = MemorySource::kNone;
    found.problem = fmt::format("the PMU's events for memory accesses cannot be used: {}",
                                fmt::join(found.notes, "; "));
    found.notes.clear();
  }
  return found;
}

}  // namespace heimdallr::perf
