// Help as man(1) and shells read it, of an application made up here.

#include "cli/help_format.h"

#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

#include "cli/command_description.h"
#include "cli/command_line.h"
#include "cli/completion_script.h"
#include "cli/manual_page.h"

namespace heimdallr::cli {
namespace {

struct Sample {
  Sample() : app("Does things. Really.", "prog do") {
    SetUsage(app, "Usage: prog do [options] FILE...");
    app.footer(
        "\nMore on it.\n.not a request\n\nExamples:\n  prog do 'a' \\b\n\nExit status: 0; 1 if "
        "not.");
    app.add_option("FILE", files, "Files")->required();
    app.add_option("-o,--output", text, "Where to")->option_text("PATH");
    app.add_option("--by", text, "What a row is: site (default), object or type")
        ->option_text("WHAT");
    app.add_option("--sort", text, "Most first, by one of\naccesses, time")->option_text("KEY");
    app.add_option("--kind", text, "Which")->option_text("auto|clock|fp[:DEPTH]");
    app.add_option("--format", text, "How")->check(CLI::IsMember({"csv", "json"}));
    app.add_option("--input", text, "From")->option_text("FILE|FOLDER...");
    app.add_option("--limit", number, "Rows (30; with --json all)")->option_text("N");
    app.add_flag("--json", flag, "It's [one]: JSON");
    app.add_flag("--secret", flag, "Not for people")->group("");
  }
  CLI::App app;
  std::vector<std::string> files;
  std::string text;
  int number = 0;
  bool flag = false;
};

const OptionDescription& Option(const CommandDescription& command, const std::string& name) {
  for (const OptionDescription& option : command.options) {
    if (option.names.back() == name) return option;
  }
  FAIL("no option " + name);
  throw 0;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Describe: gives usage and options as help shows them, without hidden ones") {
  Sample sample;
  const CommandDescription command = Describe(sample.app);
  CHECK(command.name == "prog do");
  CHECK(command.usage == "prog do [options] FILE...");
  std::vector<std::string> names;
  for (const OptionDescription& option : command.options) names.push_back(option.names.back());
  CHECK(names == std::vector<std::string>{"--help", "--output", "--by", "--sort", "--kind",
                                          "--format", "--input", "--limit", "--json"});
  CHECK(Option(command, "--output").names == std::vector<std::string>{"-o", "--output"});
  CHECK(Option(command, "--output").value_text == "PATH");
  CHECK(Option(command, "--json").value_text.empty());
}

TEST_CASE("Describe: knows what follows an option") {
  Sample sample;
  const CommandDescription command = Describe(sample.app);
  CHECK(Option(command, "--output").value == OptionValue::kFile);
  CHECK(Option(command, "--limit").value == OptionValue::kOther);
  CHECK(Option(command, "--json").value == OptionValue::kNone);
  using Words = std::vector<std::string>;
  CHECK(Option(command, "--by").choices == Words{"site", "object", "type"});
  CHECK(Option(command, "--sort").choices == Words{"accesses", "time"});
  CHECK(Option(command, "--kind").choices == Words{"auto", "clock", "fp"});
  CHECK(Option(command, "--format").choices == Words{"csv", "json"});
}

TEST_CASE("ManualPage: has each part of the help in its section") {
  Sample sample;
  const std::string page = ManualPage(Describe(sample.app), {});
  CHECK(page.starts_with(".TH PROG\\-DO 1 "));
  CHECK(Contains(page, ".SH NAME\nprog\\-do \\- does things\n"));
  CHECK(Contains(page, ".SH SYNOPSIS\n.nf\nprog do [options] FILE...\n.fi\n"));
  CHECK(Contains(page, ".TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIPATH\\fR\nWhere to\n"));
  CHECK(Contains(page, ".SH EXIT STATUS\n0; 1 if not.\n"));
  CHECK(Contains(page, ".SH EXAMPLES\n.nf\nprog do \\(aqa\\(aq \\eb\n"));
  CHECK_FALSE(Contains(page, "secret"));
}

TEST_CASE("ManualPage: leaves no text that roff takes for a request") {
  Sample sample;
  const std::string page = ManualPage(Describe(sample.app), {});
  CHECK(Contains(page, "More on it.\n\\&.not a request\n"));
}

TEST_CASE("ManualPage: refers to the pages of the commands") {
  Sample sample;
  const std::string page = ManualPage(Describe(sample.app), {{"objects", "what is accessed"}});
  CHECK(Contains(page, ".SH COMMANDS\n.TP\n\\fBobjects\\fR\nwhat is accessed\n"));
  CHECK(Contains(page, ".BR prog\\-do\\-objects (1)\n"));
}

TEST_CASE("BashOptions: one option a line with what follows it") {
  Sample sample;
  CHECK(BashOptions(Describe(sample.app)) ==
        "    do) cat <<'END'\n"
        "-h --help|-|\n"
        "-o --output|f|\n"
        "--by|w|site object type\n"
        "--sort|w|accesses time\n"
        "--kind|w|auto clock fp\n"
        "--format|w|csv json\n"
        "--input|f|\n"
        "--limit|o|\n"
        "--json|-|\n"
        "END\n"
        "      ;;\n");
}

TEST_CASE("ZshOptions: descriptions do not end early") {
  Sample sample;
  const std::string branch = ZshOptions(Describe(sample.app));
  CHECK(Contains(branch, R"('(-o --output)'{-o+,--output=}'[Where to]:PATH:_files')"));
  CHECK(Contains(branch, R"('--json[It'\''s \[one\]\: JSON]')"));
  CHECK(Contains(branch, ":WHAT:(site object type)'"));
}

TEST_CASE("AskedFor: only as the one argument") {
  CHECK(AskedFor({"--help-man"}) == HelpFormat::kManualPage);
  CHECK(AskedFor({"--help-bash"}) == HelpFormat::kBashOptions);
  CHECK(AskedFor({"--help-zsh"}) == HelpFormat::kZshOptions);
  CHECK_FALSE(AskedFor({"--help"}));
  CHECK_FALSE(AskedFor({"--help-man", "file"}));
  CHECK_FALSE(AskedFor({}));
}

}  // namespace
}  // namespace heimdallr::cli
