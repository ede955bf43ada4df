// The PMUs of a machine, as /sys/bus/event_source/devices describes them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace heimdallr::perf {

/// The words of `perf_event_attr` that say what is counted: config, config1, config2, config3.
using ConfigWords = std::array<std::uint64_t, 4>;

/// Where the bits of a term lie: the file of its name below `format`, such as
/// "config:0-7,32-35". The lowest bits of a value come first.
struct FieldFormat {
  unsigned word = 0;                                ///< of ConfigWords
  std::vector<std::pair<unsigned, unsigned>> bits;  ///< first and last, both included

  /// Nothing for what is no such description.
  [[nodiscard]] static std::optional<FieldFormat> Parse(std::string_view text);

  [[nodiscard]] unsigned width() const;
  /// The largest value that fits.
  [[nodiscard]] std::uint64_t largest() const;
  /// Puts `value`, which fits, in the place of what was there.
  void Set(std::uint64_t value, ConfigWords& words) const;
  [[nodiscard]] std::uint64_t Get(const ConfigWords& words) const;
};

struct Pmu {
  std::string name;
  std::uint32_t type = 0;                      ///< `perf_event_attr.type`
  std::map<std::string, FieldFormat> formats;  ///< terms, by name
  std::map<std::string, std::string> events;   ///< named events and their terms
  std::map<std::string, std::string> caps;
  std::vector<int> cpus;    ///< on which it is (`cpus`) or is to be opened (`cpumask`); empty = any
  bool is_offline = false;  ///< it names its CPUs, and none of them is online

  /// A number of `caps`; nothing when there is none, or it is no number.
  [[nodiscard]] std::optional<std::uint64_t> Cap(std::string_view name) const;
};

class PmuCatalog {
 public:
  /// Reads the tree below `sys_root`, which stands for /sys. What makes no sense is left out and
  /// named in `left_out`. NotFound when there are no event sources.
  [[nodiscard]] static absl::StatusOr<PmuCatalog> Read(const std::string& sys_root);

  /// nullptr when there is none.
  [[nodiscard]] const Pmu* Find(std::string_view name) const;
  /// Ascending by name.
  [[nodiscard]] const std::vector<Pmu>& pmus() const { return pmus_; }
  /// Files that were not understood, with the reason, one line each.
  [[nodiscard]] const std::vector<std::string>& left_out() const { return left_out_; }

 private:
  [[nodiscard]] std::vector<std::string> ReadNames(const std::string& folder);
  void ReadPmu(const std::string& folder, const std::string& name);
  void ReadFormats(const std::string& folder, Pmu& pmu);
  void ReadCpus(const std::string& folder, Pmu& pmu);
  [[nodiscard]] std::map<std::string, std::string> ReadTexts(const std::string& folder);
  [[nodiscard]] std::optional<std::string> ReadText(const std::string& path);

  std::vector<Pmu> pmus_;
  std::vector<std::string> left_out_;
};

}  // namespace heimdallr::perf
