#include "cli/manual_page.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "cli/version.h"

namespace heimdallr::cli {
namespace {

// Text as roff shows it unchanged: no escapes, no requests, dashes that can be copied.
std::string Roff(std::string_view text) {
  std::string roff;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) roff += "\\&";
    line_start = c == '\n';
    switch (c) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";
        break;
      case '~':
        roff += "\\(ti";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      default:
        roff += c;
    }
  }
  return roff;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// "trace-dump objects" -> "trace-dump-objects"
std::string PageName(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

// The first sentence as a line of whatis(1): one line, no capital, no full stop.
std::string WhatIs(std::string_view description) {
  std::size_t end = std::min(description.find(". "), description.size());
  end = std::min(end, description.find(".\n"));
  std::string line(description.substr(0, end));
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (line.ends_with('.')) line.pop_back();
  if (!line.empty()) line[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(line[0])));
  return line;
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The footer of a command by its sections.
struct Footer {
  std::string remarks;
  std::string examples;
  std::string exit_status;
};

Footer Sections(std::string_view text) {
  Footer footer;
  std::string* section = &footer.remarks;
  for (std::string_view line : Lines(text)) {
    if (line == "Examples:" || line == "Example:") {
      section = &footer.examples;
      continue;
    }
    if (line.starts_with("Exit status: ")) {
      section = &footer.exit_status;
      line.remove_prefix(13);
    }
    // An example goes on as long as lines are indented.
    if (section == &footer.examples && !line.empty() && !line.starts_with(' ')) {
      section = &footer.remarks;
    }
    if (line.empty() && section == &footer.exit_status) section = &footer.remarks;
    *section += std::string(line) + "\n";
  }
  return footer;
}

// Paragraphs are apart by empty lines; lines that begin with blanks stay as they are.
void AppendText(std::string_view text, std::string& page) {
  bool paragraph_due = false;
  bool literal = false;
  const auto set_literal = [&](bool wanted) {
    if (literal != wanted) page += wanted ? ".PP\n.nf\n" : ".fi\n";
    literal = wanted;
  };
  for (const std::string_view line : Lines(text)) {
    if (line.empty()) {
      paragraph_due = true;
      continue;
    }
    set_literal(line.starts_with(' '));
    if (paragraph_due && !literal && !page.ends_with(".SH DESCRIPTION\n")) page += ".PP\n";
    paragraph_due = false;
    page += Roff(line) + "\n";
  }
  set_literal(false);
}

void AppendOptions(const std::vector<OptionDescription>& options, std::string& page) {
  if (options.empty()) return;
  page += ".SH OPTIONS\n";
  for (const OptionDescription& option : options) {
    page += ".TP\n";
    for (std::size_t i = 0; i < option.names.size(); ++i) {
      page += fmt::format("{}\\fB{}\\fR", i == 0 ? "" : ", ", Roff(option.names[i]));
    }
    if (!option.value_text.empty()) page += fmt::format(" \\fI{}\\fR", Roff(option.value_text));
    std::string description = option.description;
    std::replace(description.begin(), description.end(), '\n', ' ');
    page += "\n" + Roff(description) + "\n";
  }
}

void AppendExamples(std::string_view examples, std::string& page) {
  if (examples.empty()) return;
  page += ".SH EXAMPLES\n.nf\n";
  for (std::string_view line : Lines(examples)) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    page += line.empty() ? ".sp\n" : Roff(line) + "\n";
  }
  page += ".fi\n";
}

void AppendSeeAlso(const std::string& name, const std::vector<Subcommand>& subcommands,
                   std::string& page) {
  std::vector<std::string> pages;
  for (const char* other : {"heimdallr", "trace-dump"}) {
    if (name != other) pages.emplace_back(other);
  }
  for (const Subcommand& command : subcommands)
    pages.push_back(PageName(name + " " + command.name));
  page += ".SH SEE ALSO\n";
  for (std::size_t i = 0; i < pages.size(); ++i) {
    page += fmt::format(".BR {} (1){}\n", Roff(pages[i]), i + 1 < pages.size() ? "," : "");
  }
}

}  // namespace

std::string ManualPage(const CommandDescription& command,
                       const std::vector<Subcommand>& subcommands) {
  const Footer footer = Sections(command.footer);
  const std::string name = PageName(command.name);
  std::string page =
      fmt::format(".TH {} 1 \"\" \"heimdallr {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                  Roff(Upper(name)), kVersion, Roff(name), Roff(WhatIs(command.description)));
  page += ".SH SYNOPSIS\n.nf\n";
  for (std::string_view line : Lines(command.usage)) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    page += Roff(line) + "\n";
  }
  page += ".fi\n.SH DESCRIPTION\n";
  AppendText(command.description + "\n\n" + footer.remarks, page);
  if (!subcommands.empty()) page += ".SH COMMANDS\n";
  for (const Subcommand& one : subcommands) {
    page += fmt::format(".TP\n\\fB{}\\fR\n{}\n", Roff(one.name), Roff(one.purpose));
  }
  AppendOptions(command.options, page);
  if (!footer.exit_status.empty()) {
    page += ".SH EXIT STATUS\n";
    AppendText(footer.exit_status, page);
  }
  AppendExamples(footer.examples, page);
  AppendSeeAlso(command.name, subcommands, page);
  return page;
}

}  // namespace heimdallr::cli
