// Values as text for people, in units one can read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace heimdallr::cli {

/// "1,234,567"
[[nodiscard]] std::string Grouped(std::uint64_t value);

/// "1023 B", "1.5 KiB", "12.0 GiB"
[[nodiscard]] std::string Bytes(std::uint64_t bytes);

/// "812 us", "12.3 ms", "4.567 s", "1 h 02 min 03 s"
[[nodiscard]] std::string Duration(std::uint64_t ns);

/// "12.3 %"; "-" when `whole` is 0.
[[nodiscard]] std::string Percent(double part, double whole);

/// "1 thread", "2,000 threads"
[[nodiscard]] std::string Count(std::uint64_t count, std::string_view one, std::string_view many);

/// "r-xp" of PROT_* bits; the last letter is p (private) or s (shared).
enum class Sharing : std::uint8_t { kPrivate, kShared };
[[nodiscard]] std::string Protection(std::uint32_t protection, Sharing sharing);

}  // namespace heimdallr::cli
