// Events as perf's command line writes them: perf-list(1), "EVENT MODIFIERS" and on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::perf {

/// "ldlat=30", "cnt_ctl", "ldlat=?".
struct EventTerm {
  std::string name;
  std::optional<std::uint64_t> value;  ///< none = the term stands alone, which means 1
  bool is_open = false;                ///< "?": to be given by who uses it
};

/// What stands behind the last colon or slash.
struct EventModifiers {
  // Of u, k, h none given: where it samples is not said.
  bool user = false;
  bool kernel = false;
  bool hypervisor = false;
  bool host = false;
  bool guest = false;
  std::uint32_t precise = 0;  ///< number of p
  bool most_precise = false;  ///< P: as precise as it gets

  [[nodiscard]] bool says_where() const { return user || kernel || hypervisor; }
};

/// A breakpoint: "mem:ADDRESS[/LENGTH][:rwx]".
struct Breakpoint {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;  ///< 0 = not said
  bool read = false;
  bool write = false;
  bool execute = false;
};

struct ParsedEvent {
  std::string text;                  ///< as it was given
  std::string pmu;                   ///< of "PMU/TERMS/"; else empty
  std::vector<EventTerm> terms;      ///< of a PMU
  std::string name;                  ///< of a named event without PMU
  std::optional<std::uint64_t> raw;  ///< of rHEX
  std::optional<Breakpoint> breakpoint;
  std::string pfm;  ///< of "pfm:EVENT", which libpfm4 reads with its modifiers; else empty
  EventModifiers modifiers;
};

/// InvalidArgument says what is wrong with which part, and what is allowed.
[[nodiscard]] absl::StatusOr<ParsedEvent> ParseEvent(std::string_view text);

/// Terms separated by commas.
[[nodiscard]] absl::StatusOr<std::vector<EventTerm>> ParseTerms(std::string_view text);

}  // namespace heimdallr::perf
