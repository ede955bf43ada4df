#include "perf/event_syntax.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"

namespace heimdallr::perf {
namespace {

constexpr std::uint32_t kMostPrecise = 3;
constexpr std::string_view kBreakpoint = "mem:";
constexpr std::string_view kPfm = "pfm:";

absl::Status Wrong(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("'{}': {}", base::Printable(text), why));
}

// Decimal, or hexadecimal behind 0x.
std::optional<std::uint64_t> NumberOf(std::string_view text, int base = 10) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

absl::StatusOr<EventModifiers> ParseModifiers(std::string_view event, std::string_view text) {
  EventModifiers modifiers;
  for (const char c : text) {
    switch (c) {
      case 'u':
        modifiers.user = true;
        break;
      case 'k':
        modifiers.kernel = true;
        break;
      case 'h':
        modifiers.hypervisor = true;
        break;
      case 'H':
        modifiers.host = true;
        break;
      case 'G':
        modifiers.guest = true;
        break;
      case 'p':
        ++modifiers.precise;
        break;
      case 'P':
        modifiers.most_precise = true;
        break;
      default:
        return Wrong(event, fmt::format("'{}' is no modifier; they are u k h H G p pp ppp P "
                                        "(tracepoints cannot be sampled)",
                                        base::Printable(std::string_view(&c, 1))));
    }
  }
  if (modifiers.precise > kMostPrecise) {
    return Wrong(event, fmt::format("there are at most {} p", kMostPrecise));
  }
  return modifiers;
}

// "PMU/TERMS/MODIFIERS".
absl::StatusOr<ParsedEvent> ParseOfPmu(std::string_view text) {
  const std::size_t first = text.find('/');
  const std::size_t last = text.rfind('/');
  if (first == last) return Wrong(text, "its terms end with a second '/'");
  ParsedEvent event{.text = std::string(text), .pmu = std::string(text.substr(0, first))};
  if (!IsName(event.pmu)) return Wrong(text, "a PMU stands before its first '/'");
  auto terms = ParseTerms(text.substr(first + 1, last - first - 1));
  if (!terms.ok()) return terms.status();
  event.terms = *std::move(terms);
  std::string_view modifiers = text.substr(last + 1);
  if (modifiers.starts_with(':')) modifiers.remove_prefix(1);
  ASSIGN_OR_RETURN(event.modifiers, ParseModifiers(text, modifiers));
  return event;
}

// "ADDRESS[/LENGTH][:rwx][:MODIFIERS]", behind "mem:".
absl::StatusOr<ParsedEvent> ParseBreakpoint(std::string_view text) {
  std::string_view rest = text.substr(kBreakpoint.size());
  std::string_view where = rest.substr(0, rest.find(':'));
  rest.remove_prefix(std::min(rest.size(), where.size() + 1));
  Breakpoint point;
  if (const std::size_t slash = where.find('/'); slash != std::string_view::npos) {
    const auto bytes = NumberOf(where.substr(slash + 1));
    if (!bytes || *bytes == 0 || *bytes > 8) {
      return Wrong(text, "a length of 1 to 8 bytes stands behind '/'");
    }
    point.bytes = *bytes;
    where = where.substr(0, slash);
  }
  const auto address = NumberOf(where);
  if (!address) return Wrong(text, "an address such as 0x1000 stands behind 'mem:'");
  point.address = *address;
  const std::string_view kinds = rest.substr(0, rest.find(':'));
  rest.remove_prefix(std::min(rest.size(), kinds.size() + 1));
  for (const char c : kinds) {
    if (c != 'r' && c != 'w' && c != 'x') {
      return Wrong(text, "behind the address stand r, w or x, then modifiers");
    }
    (c == 'r' ? point.read : c == 'w' ? point.write : point.execute) = true;
  }
  if (kinds.empty()) point.read = point.write = true;
  ParsedEvent event{.text = std::string(text), .breakpoint = point};
  ASSIGN_OR_RETURN(event.modifiers, ParseModifiers(text, rest));
  return event;
}

// "NAME[:MODIFIERS]" or "rHEX[:MODIFIERS]".
absl::StatusOr<ParsedEvent> ParseNamed(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (!IsName(name)) {
    return Wrong(text, "an event is PMU/TERMS/, a name, rHEX or mem:ADDRESS, with modifiers");
  }
  ParsedEvent event{.text = std::string(text)};
  if (name.size() > 1 && name.front() == 'r') {
    event.raw = NumberOf(name.substr(1), 16);
    if (!event.raw && IsHex(name.substr(1))) return Wrong(text, "it has more than 64 bits");
  }
  if (!event.raw) event.name = name;
  if (colon != std::string_view::npos) {
    ASSIGN_OR_RETURN(event.modifiers, ParseModifiers(text, text.substr(colon + 1)));
  }
  return event;
}

}  // namespace

absl::StatusOr<std::vector<EventTerm>> ParseTerms(std::string_view text) {
  std::vector<EventTerm> terms;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const std::size_t equals = word.find('=');
    EventTerm term{.name = std::string(word.substr(0, equals))};
    if (!IsName(term.name)) return Wrong(word, "a term is a name, or NAME=NUMBER");
    if (equals != std::string_view::npos) {
      const std::string_view value = word.substr(equals + 1);
      term.is_open = value == "?";
      if (!term.is_open) {
        term.value = NumberOf(value);
        if (!term.value) return Wrong(word, "its value is no number of 64 bits");
      }
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

absl::StatusOr<ParsedEvent> ParseEvent(std::string_view text) {
  if (text.empty()) return Wrong(text, "an event has a name");
  if (text.starts_with(kPfm)) {
    if (text.size() == kPfm.size()) return Wrong(text, "the name of an event stands behind 'pfm:'");
    return ParsedEvent{.text = std::string(text), .pfm = std::string(text.substr(kPfm.size()))};
  }
  if (text.starts_with(kBreakpoint)) return ParseBreakpoint(text);
  if (text.find('/') != std::string_view::npos) return ParseOfPmu(text);
  return ParseNamed(text);
}

}  // namespace heimdallr::perf
