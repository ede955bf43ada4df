// What a just-in-time compiler says of its code: the file /tmp/perf-PID.map that perf(1) defined.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace heimdallr::process {

/// Functions by address. Lines are "START SIZE NAME", both numbers hexadecimal; names may hold
/// spaces. Where lines overlap the later holds: its code took the place of the earlier.
class PerfMap {
 public:
  /// Reads the text of the file. Lines that are not of that form are passed over, as are those
  /// beyond 4 M; names are cut at 4 KiB.
  [[nodiscard]] static PerfMap Parse(std::string_view text);

  /// The name of the function whose code holds `address`; lives as long as this.
  [[nodiscard]] std::optional<std::string_view> Find(std::uint64_t address) const;

  /// Parts of code with a name.
  [[nodiscard]] std::size_t size() const { return functions_.size(); }

 private:
  struct Function {
    std::uint64_t end;
    std::size_t name;  // where it begins in names_
    std::size_t name_bytes;
  };

  void Insert(std::uint64_t begin, Function function);

  std::map<std::uint64_t, Function> functions_;  // by their first byte; disjoint
  std::string names_;
};

}  // namespace heimdallr::process
