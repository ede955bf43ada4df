#include "cli/events_command.h"

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/syscall_error.h"
#include "cli/subcommand_line.h"
#include "recorder/event_listing.h"

namespace heimdallr::cli {
namespace {

using perf::CoreMemoryEvents;
using perf::EncodedEvent;
using perf::MachineMemoryEvents;
using perf::MemoryEvent;
using perf::Pmu;
using Json = nlohmann::ordered_json;

constexpr std::uint32_t kUsualLatency = 30;
constexpr std::uint32_t kHighestLatency = 0xffff;
constexpr const char* kDescription =
    R"(Lists the PMUs of this machine with their events and terms, and the events by which its
loads and stores are sampled with their addresses. Any of them can be given to --event.)";
constexpr const char* kFooter = R"(
Examples:
  heimdallr events
  heimdallr events --json --ldlat 100
  heimdallr events --sysfs saved-sys --json    of another machine, of which /sys was copied)";

struct Options {
  std::string sysfs = "/sys";
  std::uint32_t ldlat = kUsualLatency;
  std::vector<std::string> events;
  bool json = false;
};

void DescribeOptions(CLI::App& app, Options& options) {
  app.name("heimdallr events");
  app.description(kDescription);
  app.footer(kFooter);
  app.add_option("--sysfs", options.sysfs, "Folder that stands for /sys")->option_text("DIR");
  app.add_option("--ldlat", options.ldlat,
                 "Only loads of so many cycles or more, where the processor can filter by it "
                 "(default 30)")
      ->option_text("CYCLES")
      ->check(CLI::Range(1U, kHighestLatency));
  app.add_option("-e,--event", options.events,
                 "Say what this event is here instead, in perf's syntax; may be repeated")
      ->option_text("EVENT")
      ->allow_extra_args(false)
      ->take_all();
  app.add_flag("--json", options.json, "Attributes of the memory events as one JSON object");
}

// ---- JSON: as perf_event_attr has them ----

Json AttributesOf(const EncodedEvent& event) {
  const bool breaks = event.breakpoint_kind != 0;
  Json json = {{"pmu", base::Printable(event.pmu)},
               {"event", base::Printable(event.text)},
               {"type", event.type},
               {"config", event.words[0]},
               {"config1", breaks ? event.breakpoint_address : event.words[1]},
               {"config2", breaks ? event.breakpoint_bytes : event.words[2]}};
  if (event.words[3] != 0) json["config3"] = event.words[3];
  if (breaks) json["bp_type"] = event.breakpoint_kind;
  json["precise_ip"] = event.precise_level;
  json["group_leader"] = nullptr;
  return json;
}

Json JsonOf(const std::optional<MemoryEvent>& event) {
  if (!event) return nullptr;
  Json json = AttributesOf(event->event);
  if (event->leader) json["group_leader"] = AttributesOf(*event->leader);
  return json;
}

Json JsonOf(const CoreMemoryEvents& core) {
  return {{"load", JsonOf(core.load)},
          {"store", JsonOf(core.store)},
          {"load_store", JsonOf(core.load_store)}};
}

Json Lines(const std::vector<std::string>& lines) {
  Json json = Json::array();
  for (const std::string& line : lines) json.push_back(base::Printable(line));
  return json;
}

// The events of the first kind of cores; where there are several kinds, "pmus" has each.
std::string JsonText(const recorder::EventListing& listing) {
  const MachineMemoryEvents& memory = listing.memory;
  Json json = JsonOf(memory.cores.empty() ? CoreMemoryEvents() : memory.cores.front());
  if (memory.cores.size() > 1) {
    json["pmus"] = Json::object();
    for (const CoreMemoryEvents& core : memory.cores) {
      Json& pmu = json["pmus"][base::Printable(core.pmu)] = JsonOf(core);
      pmu["cpus"] = core.cpus;
    }
  }
  json["least_period"] = memory.least_period;
  json["period_multiple"] = memory.period_multiple;
  json["problem"] = memory.problem.empty() ? Json(nullptr) : Json(base::Printable(memory.problem));
  json["notes"] = Lines(memory.notes);
  json["left_out"] = Lines(listing.catalog.left_out());
  return json.dump(2) + "\n";
}

Json JsonOf(const std::vector<EncodedEvent>& events) {
  Json json = Json::array();
  for (const EncodedEvent& event : events) json.push_back(AttributesOf(event));
  return json;
}

// ---- text ----

void AppendEvent(std::string_view what, const std::optional<MemoryEvent>& event, std::string& out) {
  if (!event) return;
  const EncodedEvent& e = event->event;
  const bool whole = e.pmu.empty() || e.text.find('/') != std::string::npos;
  const std::string name = whole ? e.text : fmt::format("{}/{}/", e.pmu, e.text);
  out += fmt::format("  {:<18}{}  (type {}, config {:#x}", what, base::Printable(name), e.type,
                     e.words[0]);
  if (e.words[1] != 0) out += fmt::format(", config1 {:#x}", e.words[1]);
  if (e.words[2] != 0) out += fmt::format(", config2 {:#x}", e.words[2]);
  if (e.words[3] != 0) out += fmt::format(", config3 {:#x}", e.words[3]);
  if (e.precise_level != 0) out += fmt::format(", precise {}", e.precise_level);
  if (event->leader) out += fmt::format(", led by {}", base::Printable(event->leader->text));
  out += ")\n";
}

void AppendMemory(const MachineMemoryEvents& memory, std::string& out) {
  out += "Memory accesses\n";
  if (!memory.problem.empty()) out += fmt::format("  {}\n", base::Printable(memory.problem));
  for (const CoreMemoryEvents& core : memory.cores) {
    AppendEvent("loads", core.load, out);
    AppendEvent("stores", core.store, out);
    AppendEvent("loads and stores", core.load_store, out);
  }
  for (const std::string& note : memory.notes) {
    out += fmt::format("  note: {}\n", base::Printable(note));
  }
  out += "  everywhere: cpu-clock, page-faults, mem:ADDRESS:rw\n";
}

template <typename Map>
std::string NamesOf(const Map& map) {
  std::string names;
  for (const auto& [name, value] : map) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", base::Printable(name));
  }
  return names;
}

// "0-3,8".
std::string NumbersOf(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t first = 0; first < cpus.size();) {
    std::size_t last = first;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", cpus[first]);
    if (last > first) text += fmt::format("-{}", cpus[last]);
    first = last + 1;
  }
  return text;
}

void AppendPmu(const Pmu& pmu, std::string& out) {
  out += fmt::format("{} (type {})", base::Printable(pmu.name), pmu.type);
  if (!pmu.cpus.empty()) out += fmt::format(", CPUs {}", NumbersOf(pmu.cpus));
  if (pmu.is_offline) out += ", none of its CPUs is online";
  out += '\n';
  if (!pmu.events.empty()) out += fmt::format("  events  {}\n", NamesOf(pmu.events));
  if (!pmu.formats.empty()) out += fmt::format("  terms   {}\n", NamesOf(pmu.formats));
}

std::string Text(const recorder::EventListing& listing) {
  std::string out;
  AppendMemory(listing.memory, out);
  out += "\nPMUs\n";
  for (const Pmu& pmu : listing.catalog.pmus()) AppendPmu(pmu, out);
  for (const std::string& line : listing.catalog.left_out()) {
    out += fmt::format("left out: {}\n", base::Printable(line));
  }
  return out;
}

// What the events that were asked for are; the first that is not known is an error.
absl::StatusOr<std::string> TextOfEvents(const Options& options, const perf::PmuCatalog& catalog) {
  std::vector<EncodedEvent> all;
  for (const std::string& event : options.events) {
    auto encoded = recorder::EncodeText(event, catalog);
    if (!encoded.ok()) return encoded.status();
    all.insert(all.end(), encoded->begin(), encoded->end());
  }
  if (options.json) return JsonOf(all).dump(2) + "\n";
  std::string out;
  for (EncodedEvent& event : all) AppendEvent("", MemoryEvent{.event = std::move(event)}, out);
  return out;
}

}  // namespace

CommandDescription DescribeEventsCommand() {
  CLI::App app;
  Options options;
  DescribeOptions(app, options);
  return Describe(app);
}

int EventsMain(const std::vector<std::string>& arguments) {
  CLI::App app;
  Options options;
  DescribeOptions(app, options);
  constexpr std::string_view kUsage = "heimdallr events [options] (--help lists them)";
  if (const auto status = ParseSubcommand(app, arguments, kUsage)) return *status;
  const auto listing = recorder::ListEvents(options.sysfs, options.ldlat);
  if (!listing.ok()) {
    fmt::print(stderr, "heimdallr: {}\n", base::Message(listing.status()));
    return kRecordingFailed;
  }
  absl::StatusOr<std::string> text = options.json ? JsonText(*listing) : Text(*listing);
  if (!options.events.empty()) text = TextOfEvents(options, listing->catalog);
  if (!text.ok()) {
    fmt::print(stderr, "heimdallr: {}\n", base::Message(text.status()));
    return kRecordingFailed;
  }
  std::fputs(text->c_str(), stdout);
  return 0;
}

}  // namespace heimdallr::cli
