#include "cli/event_file.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/file.h"
#include "base/printable.h"
#include "base/status_macros.h"
#include "base/toml_table.h"

namespace heimdallr::cli {
namespace {

using base::TomlTable;
using recorder::EventFields;
using recorder::EventKind;
using recorder::EventRequest;

constexpr std::size_t kMostStreams = 254;
constexpr std::uint64_t kLongestPeriod = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kHighestFrequency = 100'000;
constexpr std::uint64_t kHighestLatency = 0xffff;  // bits of ldlat on Intel's processors
constexpr std::uint64_t kMostPrecise = 3;

constexpr std::pair<std::string_view, EventKind> kKinds[] = {{"load", EventKind::kLoad},
                                                             {"store", EventKind::kStore},
                                                             {"load_store", EventKind::kLoadStore},
                                                             {"other", EventKind::kOther}};

constexpr std::pair<std::string_view, bool EventFields::*> kFields[] = {
    {"latency", &EventFields::latency},
    {"data_source", &EventFields::data_source},
    {"physical_address", &EventFields::physical_address},
    {"page_size", &EventFields::page_size},
    {"registers", &EventFields::registers},
    {"callchain", &EventFields::callchain}};

template <typename Names>
std::string Listed(const Names& names) {
  std::string text;
  for (const auto& [name, value] : names)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  return text;
}

absl::Status ReadKind(TomlTable& table, EventRequest& event) {
  ASSIGN_OR_RETURN(const auto kind, table.Text("kind"));
  if (!kind) return absl::OkStatus();
  const auto* const found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                         [&](const auto& known) { return known.first == *kind; });
  if (found == std::end(kKinds)) {
    return table.Wrong("kind",
                       fmt::format("is '{}', none of {}", base::Printable(*kind), Listed(kKinds)));
  }
  event.kind = found->second;
  return absl::OkStatus();
}

// "event", or "pmu" with its terms.
absl::Status ReadEvent(TomlTable& table, EventRequest& event) {
  ASSIGN_OR_RETURN(const auto text, table.Text("event"));
  ASSIGN_OR_RETURN(const auto pmu, table.Text("pmu"));
  ASSIGN_OR_RETURN(const auto terms, table.Text("terms"));
  if (text && (pmu || terms)) {
    return table.Wrong("event", "stands for itself: leave out 'pmu' and 'terms'");
  }
  if (terms && !pmu) return table.Wrong("terms", "needs the 'pmu' they are of");
  if (!text && !pmu) {
    return table.Wrong(
        "has no 'event' such as \"cpu/mem-loads,ldlat=30/P\", nor a 'pmu' with its "
        "'terms'");
  }
  event.event = text ? *text : fmt::format("{}/{}/", *pmu, terms.value_or(""));
  if (event.event.empty()) return table.Wrong("event", "is empty");
  return absl::OkStatus();
}

absl::Status ReadRate(TomlTable& table, EventRequest& event) {
  ASSIGN_OR_RETURN(event.period, table.Whole("period", 1, kLongestPeriod));
  ASSIGN_OR_RETURN(const auto frequency, table.Whole("frequency", 1, kHighestFrequency));
  if (event.period && frequency) {
    return table.Wrong("frequency", "and 'period' cannot both be given");
  }
  if (frequency) event.frequency_hz = static_cast<std::uint32_t>(*frequency);
  return absl::OkStatus();
}

absl::Status ReadNumbers(TomlTable& table, EventRequest& event) {
  ASSIGN_OR_RETURN(const auto precise, table.Whole("precise", 0, kMostPrecise));
  if (precise) event.precise = static_cast<std::uint32_t>(*precise);
  ASSIGN_OR_RETURN(const auto ldlat, table.Whole("ldlat", 1, kHighestLatency));
  if (ldlat) event.ldlat = static_cast<std::uint32_t>(*ldlat);
  return absl::OkStatus();
}

absl::Status ReadFields(TomlTable& table, EventRequest& event) {
  ASSIGN_OR_RETURN(const auto names, table.Texts("fields"));
  if (!names) return absl::OkStatus();
  event.fields = {.latency = false, .data_source = false};
  for (const std::string& name : *names) {
    const auto* const found = std::find_if(std::begin(kFields), std::end(kFields),
                                           [&](const auto& known) { return known.first == name; });
    if (found == std::end(kFields)) {
      return table.Wrong(
          "fields", fmt::format("names '{}', none of {}", base::Printable(name), Listed(kFields)));
    }
    event.fields.*found->second = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<EventRequest> ReadStream(TomlTable& table, const std::string& file) {
  EventRequest event;
  ASSIGN_OR_RETURN(const auto name, table.Text("name"));
  if (!name || name->empty()) return table.Wrong("has no 'name'");
  event.name = *name;
  RETURN_IF_ERROR(ReadKind(table, event));
  RETURN_IF_ERROR(ReadEvent(table, event));
  RETURN_IF_ERROR(ReadRate(table, event));
  RETURN_IF_ERROR(ReadNumbers(table, event));
  ASSIGN_OR_RETURN(const auto leader, table.Text("leader"));
  event.leader = leader.value_or("");
  ASSIGN_OR_RETURN(const auto user, table.Flag("user"));
  ASSIGN_OR_RETURN(const auto kernel, table.Flag("kernel"));
  event.user = user.value_or(true);
  event.kernel = kernel.value_or(false);
  if (!event.user && !event.kernel) return table.Wrong("user", "and 'kernel' are both false");
  RETURN_IF_ERROR(ReadFields(table, event));
  RETURN_IF_ERROR(table.NoOtherKeys());
  event.place = fmt::format("{}, stream '{}'", file, base::Printable(event.name));
  return event;
}

}  // namespace

absl::StatusOr<std::vector<EventRequest>> ReadEventFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(path));
  return ParseEvents(text, path);
}

absl::StatusOr<std::vector<EventRequest>> ParseEvents(std::string_view text,
                                                      const std::string& name) {
  ASSIGN_OR_RETURN(const toml::table parsed, base::ParseToml(text, name));
  TomlTable top(parsed, name, "the file");
  ASSIGN_OR_RETURN(std::vector<TomlTable> tables, top.Tables("stream"));
  RETURN_IF_ERROR(top.NoOtherKeys());
  if (tables.empty()) return top.Wrong("has no stream; each begins with [[stream]]");
  if (tables.size() > kMostStreams) {
    return top.Wrong(fmt::format("has {} streams, more than {}", tables.size(), kMostStreams));
  }
  std::vector<EventRequest> events;
  for (TomlTable& table : tables) {
    ASSIGN_OR_RETURN(EventRequest event, ReadStream(table, name));
    const bool known = std::any_of(events.begin(), events.end(), [&](const EventRequest& other) {
      return other.name == event.name;
    });
    if (known) {
      return table.Wrong(
          "name", fmt::format("is '{}', as that of another stream", base::Printable(event.name)));
    }
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace heimdallr::cli
