#include "cli/command_description.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

namespace heimdallr::cli {
namespace {

bool IsChoiceWord(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_';
  });
}

// What stands between the marks; blanks around it are cut off.
std::vector<std::string> Split(std::string_view text, std::string_view mark) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = std::min(text.find(mark), text.size());
    std::string_view part = text.substr(0, end);
    while (!part.empty() && std::isspace(static_cast<unsigned char>(part.front())) != 0) {
      part.remove_prefix(1);
    }
    while (!part.empty() && std::isspace(static_cast<unsigned char>(part.back())) != 0) {
      part.remove_suffix(1);
    }
    parts.emplace_back(part);
    if (end == text.size()) return parts;
    text.remove_prefix(end + mark.size());
  }
}

// "a, b or c" to its words; empty if it is no such list.
std::vector<std::string> ListedWords(std::string text) {
  // "site (default), object" has two words as well.
  for (auto open = text.find('('); open != std::string::npos; open = text.find('(')) {
    const auto close = text.find(')', open);
    if (close == std::string::npos) return {};
    text.erase(open, close - open + 1);
  }
  std::vector<std::string> words;
  for (const std::string& item : Split(text, ",")) {
    for (std::string& word : Split(item, " or ")) words.push_back(std::move(word));
  }
  const bool is_list =
      words.size() > 1 && std::all_of(words.begin(), words.end(),
                                      [](const std::string& word) { return IsChoiceWord(word); });
  return is_list ? words : std::vector<std::string>{};
}

// The values that an option takes: "a|b|c" of its value text, the set its check names ("{a,b}"),
// or the list its description is or ends in: "by one of a, b, c", "What it is: a or b".
std::vector<std::string> ChoicesOf(const std::string& value_text, const std::string& type_name,
                                   const std::string& description) {
  std::vector<std::string> choices;
  if (value_text.find('|') != std::string::npos) {
    for (const std::string& word : Split(value_text, "|")) {
      choices.push_back(word.substr(0, word.find('[')));
      if (!IsChoiceWord(choices.back())) return {};  // "FILE|FOLDER"
    }
    return choices;
  }
  if (const auto open = type_name.find('{'); open != std::string::npos) {
    const auto close = type_name.find('}', open);
    choices = Split(std::string_view(type_name).substr(open + 1, close - open - 1), ",");
    // A check that maps names to numbers says "a->1".
    for (std::string& choice : choices) choice.resize(std::min(choice.find("->"), choice.size()));
    return choices;
  }
  choices = ListedWords(description);
  for (std::size_t i = description.size(); i-- > 0 && choices.empty();) {
    const std::string_view rest = std::string_view(description).substr(i);
    if (rest.starts_with(": ")) choices = ListedWords(std::string(rest.substr(2)));
    if (rest.starts_with("of ") || rest.starts_with("of\n")) {
      choices = ListedWords(std::string(rest.substr(3)));
    }
  }
  return choices;
}

bool IsFile(const std::string& value_text) {
  static constexpr std::array<std::string_view, 5> kFiles{"FILE", "PATH", "DIR", "FOLDER",
                                                          "DATABASE"};
  return std::any_of(kFiles.begin(), kFiles.end(), [&](std::string_view word) {
    return value_text.find(word) != std::string::npos;
  });
}

std::string ValueText(const CLI::Option& option) {
  if (!option.get_option_text().empty()) return option.get_option_text();
  // "TEXT:a check"
  const std::string type = option.get_type_name();
  const std::string word = type.substr(0, type.find_first_of(": "));
  return word.empty() ? "VALUE" : word;
}

OptionDescription DescribeOption(const CLI::Option& option) {
  OptionDescription described{
      .names = {}, .value_text = {}, .description = option.get_description(), .choices = {}};
  for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return described;
  described.value_text = ValueText(option);
  described.choices =
      ChoicesOf(described.value_text, option.get_type_name(), described.description);
  described.value = !described.choices.empty()     ? OptionValue::kChoice
                    : IsFile(described.value_text) ? OptionValue::kFile
                                                   : OptionValue::kOther;
  return described;
}

// Of the formatter's "Usage: a\n       b\n".
std::string UsageOf(const CLI::App& app) {
  const auto formatter = std::dynamic_pointer_cast<CLI::Formatter>(app.get_formatter());
  std::string usage =
      formatter == nullptr ? app.get_name() : formatter->make_usage(&app, app.get_name());
  if (const auto begin = usage.find("Usage: "); begin != std::string::npos) {
    usage.erase(0, begin + 7);
  }
  while (!usage.empty() && usage.back() == '\n') usage.pop_back();
  return usage;
}

}  // namespace

CommandDescription Describe(const CLI::App& app) {
  CommandDescription command{.name = app.get_name(),
                             .usage = UsageOf(app),
                             .description = app.get_description(),
                             .options = {},
                             .footer = app.get_footer()};
  for (const CLI::Option* option : app.get_options()) {
    const bool named = !option->get_snames().empty() || !option->get_lnames().empty();
    if (named && !option->get_group().empty()) command.options.push_back(DescribeOption(*option));
  }
  return command;
}

}  // namespace heimdallr::cli
