#include "base/toml_table.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/printable.h"

namespace heimdallr::base {
namespace {

std::string_view TypeName(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

}  // namespace

absl::StatusOr<toml::table> ParseToml(std::string_view text, const std::string& name) {
  toml::parse_result parsed = toml::parse(text, name);
  if (parsed) return std::move(parsed).table();
  return absl::InvalidArgumentError(fmt::format("{}:{}: this is no TOML: {}", name,
                                                parsed.error().source().begin.line,
                                                parsed.error().description()));
}

const toml::node* TomlTable::Find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.emplace_back(key);
  return table_->get(key);
}

bool TomlTable::Has(std::string_view key) { return Find(key) != nullptr; }

bool TomlTable::IsText(std::string_view key) {
  const toml::node* node = Find(key);
  return node != nullptr && node->is_string();
}

absl::StatusOr<std::optional<std::string>> TomlTable::Text(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) return WrongType(key, "a string");
  std::string text = node->as_string()->get();
  // The kernel ends a string there.
  if (text.find('\0') != std::string::npos) return Wrong(key, "has a NUL character in it");
  return text;
}

absl::StatusOr<std::optional<bool>> TomlTable::Flag(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_boolean()) return WrongType(key, "true or false");
  return node->as_boolean()->get();
}

absl::StatusOr<std::optional<std::uint64_t>> TomlTable::Whole(std::string_view key,
                                                              std::uint64_t least,
                                                              std::uint64_t most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::string allowed = fmt::format("a whole number from {} to {}", least, most);
  if (!node->is_integer()) return WrongType(key, allowed);
  const std::int64_t value = node->as_integer()->get();
  if (value < 0 || static_cast<std::uint64_t>(value) < least ||
      static_cast<std::uint64_t>(value) > most) {
    return Wrong(key, fmt::format("is {}; it takes {}", value, allowed));
  }
  return static_cast<std::uint64_t>(value);
}

absl::StatusOr<std::optional<double>> TomlTable::Positive(std::string_view key, double most) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const std::string allowed = fmt::format("a number above 0 and at most {}", most);
  const auto value = node->is_number() ? node->value<double>() : std::nullopt;
  if (!value) return WrongType(key, allowed);
  if (!(*value > 0 && *value <= most)) {
    return Wrong(key, fmt::format("is {}; it takes {}", *value, allowed));
  }
  return *value;
}

absl::StatusOr<std::optional<std::vector<std::string>>> TomlTable::Texts(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  constexpr std::string_view kAllowed = "an array of strings";
  if (!node->is_array()) return WrongType(key, kAllowed);
  std::vector<std::string> texts;
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_string()) {
      return Wrong(key, fmt::format("has {} in it; it takes {}", TypeName(element), kAllowed));
    }
    texts.push_back(element.as_string()->get());
    if (texts.back().find('\0') != std::string::npos) {
      return Wrong(key, "has a NUL character in it");
    }
  }
  return texts;
}

absl::StatusOr<std::map<std::string, std::string>> TomlTable::TextTable(std::string_view key) {
  std::map<std::string, std::string> texts;
  const toml::node* node = Find(key);
  if (node == nullptr) return texts;
  constexpr std::string_view kAllowed = "a table of strings, such as { NAME = \"value\" }";
  if (!node->is_table()) return WrongType(key, kAllowed);
  for (const auto& [name, value] : *node->as_table()) {
    if (!value.is_string()) {
      return Wrong(key, fmt::format("has {} for '{}'; it takes {}", TypeName(value),
                                    base::Printable(name.str()), kAllowed));
    }
    const std::string& text = value.as_string()->get();
    const bool is_variable =
        !name.str().empty() &&
        name.str().find_first_of(std::string_view("=\0", 2)) == std::string_view::npos &&
        text.find('\0') == std::string::npos;
    if (!is_variable) {
      return Wrong(key, fmt::format("has '{}' in it, which cannot be a variable",
                                    base::Printable(name.str())));
    }
    texts.emplace(name.str(), text);
  }
  return texts;
}

absl::StatusOr<std::vector<TomlTable>> TomlTable::Tables(std::string_view key) {
  std::vector<TomlTable> tables;
  const toml::node* node = Find(key);
  if (node == nullptr) return tables;
  const std::string place = fmt::format("[[{}]]", key);
  if (!node->is_array()) return WrongType(key, fmt::format("tables, each under {}", place));
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_table()) return Wrong(key, fmt::format("takes tables, each under {}", place));
    tables.emplace_back(*element.as_table(), file_, place);
  }
  return tables;
}

absl::Status TomlTable::NoOtherKeys() const {
  for (const auto& [key, value] : *table_) {
    if (std::find(asked_.begin(), asked_.end(), key.str()) != asked_.end()) continue;
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: {} has no key '{}'; it takes {}", file_, key.source().begin.line,
                    place_, base::Printable(key.str()), fmt::join(asked_, ", ")));
  }
  return absl::OkStatus();
}

absl::Status TomlTable::Wrong(std::string_view key, std::string_view why) const {
  const auto found = table_->find(key);
  const auto line =
      found == table_->end() ? table_->source().begin.line : found->first.source().begin.line;
  return absl::InvalidArgumentError(
      fmt::format("{}:{}: '{}' of {} {}", file_, line, key, place_, why));
}

absl::Status TomlTable::Wrong(std::string_view why) const {
  return absl::InvalidArgumentError(
      fmt::format("{}:{}: {} {}", file_, table_->source().begin.line, place_, why));
}

absl::Status TomlTable::WrongType(std::string_view key, std::string_view allowed) const {
  return Wrong(key, fmt::format("is {}; it takes {}", TypeName(*table_->get(key)), allowed));
}

}  // namespace heimdallr::base
