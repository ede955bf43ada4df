#include "perf/event_encoding.h"

#include <linux/hw_breakpoint.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "perf/pfm_events.h"

namespace heimdallr::perf {
namespace {

constexpr std::uint32_t kHighestPrecise = 3;
constexpr unsigned kPmuTypeShift = 32;  // PERF_PMU_TYPE_SHIFT of linux/perf_event.h since 5.13
constexpr std::string_view kCorePmus[] = {"cpu", "cpu_core", "cpu_atom", "cpu_lowpower"};

struct Named {
  std::string_view name;
  std::uint32_t type;
  std::uint64_t config;
};
constexpr Named kGeneric[] = {
    {"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
    {"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    {"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    {"faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    {"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
    {"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
    {"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
    {"cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
    {"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
    {"migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
    {"alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS},
    {"emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS},
    {"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {"cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    {"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
    {"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
    {"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
    {"bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES},
    {"ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES}};

// "a, b, c", cut where it grows long.
template <typename Map>
std::string Names(const Map& map) {
  constexpr std::size_t kMost = 40;
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, value] : map) {
    if (++count > kMost) return names + ", ...";
    names += fmt::format("{}{}", names.empty() ? "" : ", ", base::Printable(name));
  }
  return names.empty() ? "none" : names;
}

// The config of a term rHEX.
std::optional<std::uint64_t> RawOf(std::string_view term) {
  std::uint64_t raw = 0;
  if (term.size() < 2 || term.front() != 'r') return std::nullopt;
  const char* const end = term.data() + term.size();
  const auto [stop, error] = std::from_chars(term.data() + 1, end, raw, 16);
  return error == std::errc{} && stop == end ? std::optional(raw) : std::nullopt;
}

// Fills the words of one event from terms, those of named events first expanded.
class Encoder {
 public:
  explicit Encoder(const Pmu& pmu) : pmu_(pmu) {
    event_.pmu = pmu.name;
    event_.type = pmu.type;
    event_.cpus = pmu.cpus;
  }

  // What a named event says is overruled by terms that stand beside it, wherever they stand.
  absl::Status Take(const std::vector<EventTerm>& terms) {
    for (const EventTerm& term : terms) {
      if (IsNamedEvent(term)) RETURN_IF_ERROR(TakeNamed(term.name));
    }
    for (const EventTerm& term : terms) {
      if (!IsNamedEvent(term)) RETURN_IF_ERROR(TakeTerm(term));
    }
    return absl::OkStatus();
  }

  absl::Status TakeNamed(const std::string& name) {
    const auto found = pmu_.events.find(name);
    if (found == pmu_.events.end()) return Unknown(name);
    auto terms = ParseTerms(found->second);
    if (!terms.ok()) return Of(name, terms.status());
    if (terms->empty()) return Of(name, absl::InvalidArgumentError("its file says nothing"));
    for (const EventTerm& term : *terms) RETURN_IF_ERROR(TakeTerm(term));
    return absl::OkStatus();
  }

  absl::StatusOr<EncodedEvent> Finish() {
    if (pmu_.is_offline) {
      return absl::FailedPreconditionError(
          fmt::format("PMU '{}': none of its CPUs is online", base::Printable(pmu_.name)));
    }
    if (!open_.empty()) {
      return absl::InvalidArgumentError(
          fmt::format("PMU '{}': this event needs a value for its term '{}', as in {}=1",
                      base::Printable(pmu_.name), base::Printable(open_.front()),
                      base::Printable(open_.front())));
    }
    return std::move(event_);
  }

 private:
  [[nodiscard]] bool IsNamedEvent(const EventTerm& term) const {
    return !term.value && !term.is_open && !pmu_.formats.contains(term.name) &&
           pmu_.events.contains(term.name);
  }

  absl::Status TakeTerm(const EventTerm& term) {
    std::erase(open_, term.name);
    if (term.is_open) {
      open_.push_back(term.name);
      return absl::OkStatus();
    }
    const std::uint64_t value = term.value.value_or(1);
    const auto format = pmu_.formats.find(term.name);
    if (format == pmu_.formats.end()) return TakeGeneral(term, value);
    if (value > format->second.largest()) {
      return absl::InvalidArgumentError(fmt::format(
          "PMU '{}': {}={:#x} does not fit its {} bits (0 to {:#x})", base::Printable(pmu_.name),
          term.name, value, format->second.width(), format->second.largest()));
    }
    format->second.Set(value, event_.words);
    return absl::OkStatus();
  }

  // Terms that every PMU has.
  absl::Status TakeGeneral(const EventTerm& term, std::uint64_t value) {
    static constexpr std::string_view kWords[] = {"config", "config1", "config2", "config3"};
    const auto* const word = std::find(std::begin(kWords), std::end(kWords), term.name);
    if (word != std::end(kWords)) {
      event_.words[static_cast<std::size_t>(word - std::begin(kWords))] = value;
    } else if ((term.name == "period" || term.name == "freq") &&
               (value == 0 || (term.name == "freq" && value > UINT32_MAX))) {
      return absl::InvalidArgumentError(fmt::format(
          "PMU '{}': term '{}' is {}: it must be at least 1, and a frequency below 2^32 Hz",
          base::Printable(pmu_.name), term.name, value));
    } else if (term.name == "period") {
      event_.period = value;
    } else if (term.name == "freq") {
      event_.frequency_hz = static_cast<std::uint32_t>(value);
    } else if (const auto raw = RawOf(term.name); raw && !term.value) {
      event_.words[0] = *raw;
    } else {
      return Unknown(term.name);
    }
    return absl::OkStatus();
  }

  [[nodiscard]] absl::Status Unknown(const std::string& name) const {
    return absl::InvalidArgumentError(
        fmt::format("PMU '{}' has no term or event '{}'. Its terms: {}. Its events: {}",
                    base::Printable(pmu_.name), base::Printable(name), Names(pmu_.formats),
                    Names(pmu_.events)));
  }
  [[nodiscard]] absl::Status Of(const std::string& event, const absl::Status& status) const {
    return {status.code(), fmt::format("PMU '{}', event '{}': {}", base::Printable(pmu_.name),
                                       base::Printable(event), base::Message(status))};
  }

  const Pmu& pmu_;
  EncodedEvent event_;
  std::vector<std::string> open_;  // terms that need a value yet
};

// The highest precise level of a PMU; nothing = it does not say.
std::optional<std::uint64_t> MostPrecise(const PmuCatalog& catalog, const EncodedEvent& event) {
  const Pmu* const pmu = catalog.Find(event.pmu);
  return pmu == nullptr ? std::nullopt : pmu->Cap("max_precise");
}

void SetPrecision(const PmuCatalog& catalog, const EventModifiers& modifiers, EncodedEvent& event) {
  event.modifiers = modifiers;
  event.precise_level = event.least_precise_level = modifiers.precise;
  if (!modifiers.most_precise) return;
  const auto most = MostPrecise(catalog, event);
  event.precise_level = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kHighestPrecise, most.value_or(kHighestPrecise)));
  event.least_precise_level = most.value_or(0) > 0 ? 1 : 0;
}

EncodedEvent OfBreakpoint(const ParsedEvent& event) {
  const Breakpoint& point = *event.breakpoint;
  EncodedEvent encoded{.text = fmt::format("mem:{:#x}", point.address),
                       .type = PERF_TYPE_BREAKPOINT,
                       .breakpoint_address = point.address};
  if (point.read) encoded.breakpoint_kind |= HW_BREAKPOINT_R;
  if (point.write) encoded.breakpoint_kind |= HW_BREAKPOINT_W;
  if (point.execute) encoded.breakpoint_kind |= HW_BREAKPOINT_X;
  constexpr std::uint64_t kUsualBytes = HW_BREAKPOINT_LEN_4;
  const std::uint64_t usual = point.execute ? std::uint64_t{sizeof(long)} : kUsualBytes;
  encoded.breakpoint_bytes = point.bytes != 0 ? point.bytes : usual;
  if (point.bytes != 0) encoded.text += fmt::format("/{}", point.bytes);
  encoded.text += fmt::format(":{}{}{}", point.read ? "r" : "", point.write ? "w" : "",
                              point.execute ? "x" : "");
  return encoded;
}

std::vector<const Pmu*> CorePmus(const PmuCatalog& catalog) {
  std::vector<const Pmu*> pmus;
  for (const std::string_view name : kCorePmus) {
    if (const Pmu* const pmu = catalog.Find(name)) pmus.push_back(pmu);
  }
  return pmus;
}

absl::StatusOr<std::vector<EncodedEvent>> OfRaw(const ParsedEvent& event,
                                                const PmuCatalog& catalog) {
  std::vector<EncodedEvent> events;
  for (const Pmu* const pmu : CorePmus(catalog)) {
    if (pmu->is_offline) continue;
    events.push_back({.pmu = pmu->name,
                      .text = fmt::format("r{:x}", *event.raw),
                      .type = pmu->type,
                      .words = {*event.raw},
                      .cpus = pmu->cpus});
  }
  if (events.empty()) {
    events.push_back(
        {.text = fmt::format("r{:x}", *event.raw), .type = PERF_TYPE_RAW, .words = {*event.raw}});
  }
  return events;
}

// On processors with cores of several kinds each has a generic hardware event of its own, told
// apart by the PMU's type in the upper half of the config
// (tools/perf/Documentation/intel-hybrid.txt).
std::vector<EncodedEvent> OfGeneric(const Named& named, const PmuCatalog& catalog) {
  const EncodedEvent event{
      .text = std::string(named.name), .type = named.type, .words = {named.config}};
  std::vector<const Pmu*> pmus = CorePmus(catalog);
  std::erase_if(pmus, [](const Pmu* pmu) { return pmu->is_offline || pmu->name == "cpu"; });
  if (pmus.empty() || named.type != PERF_TYPE_HARDWARE) return {event};
  std::vector<EncodedEvent> events(pmus.size(), event);
  for (std::size_t i = 0; i < pmus.size(); ++i) {
    events[i].pmu = pmus[i]->name;
    events[i].words[0] |= std::uint64_t{pmus[i]->type} << kPmuTypeShift;
    events[i].cpus = pmus[i]->cpus;
  }
  return events;
}

const Named* FindGeneric(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kGeneric), std::end(kGeneric),
                                         [name](const Named& named) { return named.name == name; });
  return found == std::end(kGeneric) ? nullptr : found;
}

// "cycles/period=1000/": the kernel's own events have no terms but how often to sample.
absl::StatusOr<std::vector<EncodedEvent>> OfGeneric(const Named& named,
                                                    const std::vector<EventTerm>& terms,
                                                    const PmuCatalog& catalog) {
  std::vector<EncodedEvent> events = OfGeneric(named, catalog);
  for (const EventTerm& term : terms) {
    const std::uint64_t value = term.value.value_or(0);
    const bool is_frequency = term.name == "freq" && value <= UINT32_MAX;
    if (value == 0 || (term.name != "period" && !is_frequency)) {
      return absl::InvalidArgumentError(
          fmt::format("event '{}' takes period=NUMBER or freq=HZ, no '{}'", named.name,
                      base::Printable(term.name)));
    }
    for (EncodedEvent& event : events) {
      if (is_frequency) event.frequency_hz = static_cast<std::uint32_t>(value);
      if (!is_frequency) event.period = value;
    }
  }
  return events;
}

absl::StatusOr<std::vector<EncodedEvent>> OfName(const ParsedEvent& event,
                                                 const PmuCatalog& catalog) {
  std::vector<EncodedEvent> events;
  for (const Pmu& pmu : catalog.pmus()) {
    if (!pmu.events.contains(event.name) || pmu.is_offline) continue;
    ASSIGN_OR_RETURN(EncodedEvent encoded, EncodeNamed(pmu, event.name, {}));
    events.push_back(std::move(encoded));
  }
  if (!events.empty()) return events;
  if (const Named* const generic = FindGeneric(event.name)) return OfGeneric(*generic, catalog);
  return absl::NotFoundError(
      fmt::format("there is no event '{}' here; 'heimdallr events' lists those that are",
                  base::Printable(event.name)));
}

// Whether `name` stands for the PMU: its own, or without the number of one of several.
bool IsMeant(std::string_view name, const Pmu& pmu, const PmuCatalog& catalog) {
  if (catalog.Find(name) != nullptr) return pmu.name == name;
  if (!pmu.name.starts_with(name)) return false;
  const std::string_view rest = std::string_view(pmu.name).substr(name.size());
  return rest.size() > 1 && rest.front() == '_' &&
         rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

absl::StatusOr<std::vector<EncodedEvent>> OfPmu(const ParsedEvent& event,
                                                const PmuCatalog& catalog) {
  std::vector<EncodedEvent> events;
  for (const Pmu& pmu : catalog.pmus()) {
    if (!IsMeant(event.pmu, pmu, catalog)) continue;
    ASSIGN_OR_RETURN(EncodedEvent encoded, EncodeTerms(pmu, event.terms));
    const std::size_t terms = event.pmu.size();
    encoded.text = pmu.name + event.text.substr(terms, event.text.rfind('/') + 1 - terms);
    events.push_back(std::move(encoded));
  }
  if (!events.empty()) return events;
  if (const Named* const generic = FindGeneric(event.pmu)) {
    return OfGeneric(*generic, event.terms, catalog);
  }
  std::vector<std::pair<std::string, int>> names;
  for (const Pmu& known : catalog.pmus()) names.emplace_back(known.name, 0);
  return absl::NotFoundError(fmt::format("there is no PMU '{}' here. There are: {}",
                                         base::Printable(event.pmu), Names(names)));
}

// libpfm4 knows the kernel's types, not its names of PMUs.
absl::StatusOr<std::vector<EncodedEvent>> OfPfm(const ParsedEvent& event,
                                                const PmuCatalog& catalog) {
  ASSIGN_OR_RETURN(const PfmEvent pfm, EncodePfmEvent(event.pfm));
  EncodedEvent encoded{.text = event.text,
                       .type = pfm.type,
                       .words = {pfm.config[0], pfm.config[1], pfm.config[2], 0},
                       .precise_level = pfm.precise_level,
                       .least_precise_level = pfm.precise_level};
  encoded.modifiers.user = pfm.user;
  encoded.modifiers.kernel = pfm.kernel;
  encoded.modifiers.hypervisor = pfm.hypervisor;
  const auto pmu = std::find_if(catalog.pmus().begin(), catalog.pmus().end(),
                                [&](const Pmu& one) { return one.type == pfm.type; });
  if (pmu != catalog.pmus().end()) {
    encoded.pmu = pmu->name;
    encoded.cpus = pmu->cpus;
  }
  return std::vector<EncodedEvent>{std::move(encoded)};
}

}  // namespace

absl::StatusOr<std::vector<EncodedEvent>> EncodeEvent(const ParsedEvent& event,
                                                      const PmuCatalog& catalog) {
  absl::StatusOr<std::vector<EncodedEvent>> events;
  if (!event.pfm.empty()) return OfPfm(event, catalog);
  if (event.breakpoint) {
    events = std::vector<EncodedEvent>{OfBreakpoint(event)};
  } else if (event.raw) {
    events = OfRaw(event, catalog);
  } else if (event.pmu.empty()) {
    events = OfName(event, catalog);
  } else {
    events = OfPmu(event, catalog);
  }
  if (!events.ok()) return events;
  for (EncodedEvent& encoded : *events) SetPrecision(catalog, event.modifiers, encoded);
  return events;
}

absl::StatusOr<EncodedEvent> EncodeNamed(const Pmu& pmu, const std::string& event,
                                         const std::vector<EventTerm>& terms) {
  Encoder encoder(pmu);
  RETURN_IF_ERROR(encoder.TakeNamed(event));
  RETURN_IF_ERROR(encoder.Take(terms));
  auto encoded = encoder.Finish();
  if (!encoded.ok()) return encoded;
  encoded->text = event;
  return encoded;
}

absl::StatusOr<EncodedEvent> EncodeTerms(const Pmu& pmu, const std::vector<EventTerm>& terms) {
  Encoder encoder(pmu);
  RETURN_IF_ERROR(encoder.Take(terms));
  auto encoded = encoder.Finish();
  if (!encoded.ok()) return encoded;
  std::string text;
  for (const EventTerm& term : terms) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", term.name);
    if (term.value) text += fmt::format("={}", *term.value);
  }
  encoded->text = fmt::format("{}/{}/", pmu.name, text);
  return encoded;
}

}  // namespace heimdallr::perf
