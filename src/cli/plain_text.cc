#include "cli/plain_text.h"

#include <sys/mman.h>

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace heimdallr::cli {

std::string Grouped(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string Bytes(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 and above would print as 1024.0.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Duration(std::uint64_t ns) {
  if (ns == 0) return "0 s";
  if (ns < 1'000) return fmt::format("{} ns", ns);
  const double value = static_cast<double>(ns);
  if (ns < 999'500) return fmt::format("{:.0f} us", value / 1e3);
  if (ns < 999'950'000) return fmt::format("{:.1f} ms", value / 1e6);
  if (ns < 60'000'000'000) return fmt::format("{:.3f} s", value / 1e9);
  const std::uint64_t seconds = (ns + 500'000'000) / 1'000'000'000;
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min {:02} s", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string Percent(double part, double whole) {
  if (whole <= 0) return "-";
  return fmt::format("{:.1f} %", 100 * part / whole);
}

std::string Count(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", Grouped(count), count == 1 ? one : many);
}

std::string Protection(std::uint32_t protection, Sharing sharing) {
  std::string text = "---p";
  if ((protection & PROT_READ) != 0) text[0] = 'r';
  if ((protection & PROT_WRITE) != 0) text[1] = 'w';
  if ((protection & PROT_EXEC) != 0) text[2] = 'x';
  if (sharing == Sharing::kShared) text[3] = 's';
  return text;
}

}  // namespace heimdallr::cli
