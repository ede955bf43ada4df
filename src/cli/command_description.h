// What a command's help says, as data: manual pages and completion are made of it.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace heimdallr::cli {

/// What follows an option.
enum class OptionValue { kNone, kFile, kChoice, kOther };

struct OptionDescription {
  std::vector<std::string> names;  ///< with their dashes, short ones first: "-o", "--output"
  std::string value_text;          ///< "PATH"; empty when no value follows
  std::string description;
  OptionValue value = OptionValue::kNone;
  std::vector<std::string> choices;  ///< of OptionValue::kChoice
};

struct CommandDescription {
  std::string name;   ///< "trace-dump objects"
  std::string usage;  ///< without "Usage: "
  std::string description;
  std::vector<OptionDescription> options;
  std::string footer;  ///< further text, "Examples:" and "Exit status:" among it
};

/// Of the options that help shows, in their order.
[[nodiscard]] CommandDescription Describe(const CLI::App& app);

}  // namespace heimdallr::cli
