#include "report/viewer_join.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

namespace heimdallr::report {
namespace {

absl::Status Wrong(const std::string& file, std::size_t line, const std::string& what) {
  return absl::InvalidArgumentError(fmt::format("{}:{}: {}", file, line, what));
}

// Where `wanted`, in small letters, stands in a line of any case.
bool Contains(std::string line, std::string_view wanted) {
  std::transform(line.begin(), line.end(), line.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return line.find(wanted) != std::string::npos;
}

struct Place {
  std::string file;
  std::size_t line = 0;
};

class Joiner {
 public:
  absl::Status Add(const ViewerFile& module) {
    out_ += fmt::format("// {}\n", module.name);
    std::istringstream lines(module.text);
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
      if (absl::Status status = AddLine(module.name, number, line); !status.ok()) return status;
    }
    done_.push_back(module.name);
    return absl::OkStatus();
  }

  // One function: what the modules declare is no property of the window.
  [[nodiscard]] std::string Script() const {
    return "(() => {\n\"use strict\";\n" + out_ + "})();\n";
  }

 private:
  absl::Status AddLine(const std::string& file, std::size_t number, const std::string& line) {
    if (Contains(line, "</script") || Contains(line, "<!--")) {
      return Wrong(file, number,
                   "'</script' and '<!--' would end the script element: write them in two parts");
    }
    if (line.starts_with("import ") || line.starts_with("import{")) {
      return CheckImport(file, number, line);
    }
    static const std::regex kExport(R"(export ((?:async )?function\*? |class |const |let ).*)");
    const bool exported = line.starts_with("export ") || line.starts_with("export{");
    if (exported && !std::regex_match(line, kExport)) {
      return Wrong(file, number, "only declarations are exported, each where it stands");
    }
    const std::string kept = exported ? line.substr(std::string_view("export ").size()) : line;
    if (absl::Status status = NoteName(file, number, kept); !status.ok()) return status;
    out_ += kept;
    out_ += '\n';
    return absl::OkStatus();
  }

  absl::Status CheckImport(const std::string& file, std::size_t number, const std::string& line) {
    static const std::regex kImport(R"re(import \{[^{}]*\} from "\./([^"/]+)";)re");
    std::smatch match;
    if (!std::regex_match(line, match, kImport)) {
      return Wrong(file, number, "an import is written 'import {a, b} from \"./file.js\";'");
    }
    if (line.find(" as ") != std::string::npos) {
      return Wrong(file, number, "what is imported keeps its name: all modules become one");
    }
    if (std::find(done_.begin(), done_.end(), match[1].str()) == done_.end()) {
      return Wrong(
          file, number,
          fmt::format("'{}' does not stand before '{}' in modules.txt", match[1].str(), file));
    }
    return absl::OkStatus();
  }

  // What is declared at the beginning of a line is seen by all modules.
  absl::Status NoteName(const std::string& file, std::size_t number, const std::string& line) {
    static const std::regex kName(
        R"((?:(?:async )?function\*? |class |const |let |var )([A-Za-z_$][\w$]*).*)");
    std::smatch match;
    if (!std::regex_match(line, match, kName)) return absl::OkStatus();
    const auto [entry, is_new] = names_.try_emplace(match[1].str(), Place{file, number});
    if (is_new) return absl::OkStatus();
    return Wrong(file, number,
                 fmt::format("'{}' is declared in {}:{} as well: all modules become one",
                             match[1].str(), entry->second.file, entry->second.line));
  }

  std::string out_;
  std::vector<std::string> done_;
  std::map<std::string, Place> names_;
};

std::size_t LineOf(const std::string& text, std::size_t at) {
  return 1 + static_cast<std::size_t>(
                 std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

// Where a mark stands; it must be there once, at `from` or later.
absl::StatusOr<std::size_t> FindMark(const ViewerFile& page, const std::string& mark,
                                     std::size_t from) {
  const std::size_t at = page.text.find(mark);
  if (at == std::string::npos) return Wrong(page.name, 1, fmt::format("there is no {}", mark));
  if (at < from) {
    return Wrong(page.name, LineOf(page.text, at), fmt::format("{} comes too early", mark));
  }
  const std::size_t again = page.text.find(mark, at + 1);
  if (again != std::string::npos) {
    return Wrong(page.name, LineOf(page.text, again), fmt::format("{} is there twice", mark));
  }
  return at;
}

}  // namespace

absl::StatusOr<std::string> JoinModules(const std::vector<ViewerFile>& modules) {
  Joiner joiner;
  for (const ViewerFile& module : modules) {
    if (absl::Status status = joiner.Add(module); !status.ok()) return status;
  }
  return joiner.Script();
}

absl::StatusOr<PageParts> SplitPage(const ViewerFile& page, const ViewerFile& style,
                                    const std::string& script) {
  std::istringstream lines(style.text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (Contains(line, "</style")) {
      return Wrong(style.name, number, "'</style' would end the style element");
    }
  }
  static const std::string kMarks[] = {"{{style}}", "{{report}}", "{{script}}", "{{chunks}}"};
  std::size_t at[4];
  std::size_t from = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto found = FindMark(page, kMarks[i], from);
    if (!found.ok()) return found.status();
    at[i] = *found;
    from = *found + kMarks[i].size();
  }
  const auto between = [&](std::size_t mark, std::size_t end) {
    const std::size_t begin = at[mark] + kMarks[mark].size();
    return page.text.substr(begin, end - begin);
  };
  return PageParts{.before_report = page.text.substr(0, at[0]) + style.text + between(0, at[1]),
                   .before_chunks = between(1, at[2]) + script + between(2, at[3]),
                   .after_chunks = between(3, page.text.size())};
}

}  // namespace heimdallr::report
