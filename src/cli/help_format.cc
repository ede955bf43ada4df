#include "cli/help_format.h"

#include "cli/completion_script.h"
#include "cli/manual_page.h"

namespace heimdallr::cli {

std::optional<HelpFormat> AskedFor(const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return std::nullopt;
  if (arguments[0] == "--help-man") return HelpFormat::kManualPage;
  if (arguments[0] == "--help-bash") return HelpFormat::kBashOptions;
  if (arguments[0] == "--help-zsh") return HelpFormat::kZshOptions;
  return std::nullopt;
}

std::string Format(const CommandDescription& command, HelpFormat format) {
  switch (format) {
    case HelpFormat::kManualPage:
      return ManualPage(command, {});
    case HelpFormat::kBashOptions:
      return BashOptions(command);
    case HelpFormat::kZshOptions:
      return ZshOptions(command);
  }
  return {};
}

}  // namespace heimdallr::cli
