// A table of a TOML file, read key by key with errors that say where and what is allowed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

// Errors as values: no exception has to be caught.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace heimdallr::base {

/// InvalidArgument "NAME:LINE: ..." for what is no TOML.
[[nodiscard]] absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& name);

/// Remembers which keys it was asked for: these are the ones that are allowed. Readers give nothing
/// where the key is absent, and InvalidArgument "FILE:LINE: ..." where its value is not what they
/// read. It borrows the table.
class TomlTable {
 public:
  /// `place` names the table for people, such as "[[mode]]".
  TomlTable(const toml::table& table, std::string file, std::string place)
      : table_(&table), file_(std::move(file)), place_(std::move(place)) {}

  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Text(std::string_view key);
  [[nodiscard]] absl::StatusOr<std::optional<bool>> Flag(std::string_view key);
  /// From `least` to `most`.
  [[nodiscard]] absl::StatusOr<std::optional<std::uint64_t>> Whole(std::string_view key,
                                                                   std::uint64_t least,
                                                                   std::uint64_t most);
  /// Above 0 and at most `most`.
  [[nodiscard]] absl::StatusOr<std::optional<double>> Positive(std::string_view key, double most);
  [[nodiscard]] absl::StatusOr<std::optional<std::vector<std::string>>> Texts(std::string_view key);
  /// A table of strings; empty where the key is absent.
  [[nodiscard]] absl::StatusOr<std::map<std::string, std::string>> TextTable(std::string_view key);
  /// Those of "[[key]]".
  [[nodiscard]] absl::StatusOr<std::vector<TomlTable>> Tables(std::string_view key);

  [[nodiscard]] bool Has(std::string_view key);
  /// Whether its value is a string.
  [[nodiscard]] bool IsText(std::string_view key);

  /// To be called last: InvalidArgument names a key that nobody asked for.
  [[nodiscard]] absl::Status NoOtherKeys() const;

  /// InvalidArgument at the line of the key, or of the table when there is no such key.
  [[nodiscard]] absl::Status Wrong(std::string_view key, std::string_view why) const;
  /// InvalidArgument at the table's own line.
  [[nodiscard]] absl::Status Wrong(std::string_view why) const;

 private:
  const toml::node* Find(std::string_view key);
  [[nodiscard]] absl::Status WrongType(std::string_view key, std::string_view allowed) const;

  const toml::table* table_;
  std::string file_;
  std::string place_;
  std::vector<std::string> asked_;
};

}  // namespace heimdallr::base
