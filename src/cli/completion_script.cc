#include "cli/completion_script.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace heimdallr::cli {
namespace {

// In single quotes, as both shells read them.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c == '\n' ? ' ' : c;
    }
  }
  return quoted + "'";
}

std::string Replaced(std::string text, std::string_view what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string_view LastWord(std::string_view name) { return name.substr(name.rfind(' ') + 1); }

std::string FunctionName(std::string program) {
  std::replace(program.begin(), program.end(), '-', '_');
  return program;
}

std::string Names(const std::vector<Subcommand>& commands) {
  std::string names;
  for (const Subcommand& command : commands) names += (names.empty() ? "" : " ") + command.name;
  return names;
}

constexpr char KindOf(OptionValue value) {
  switch (value) {
    case OptionValue::kNone:
      return '-';
    case OptionValue::kFile:
      return 'f';
    case OptionValue::kChoice:
      return 'w';
    case OptionValue::kOther:
      return 'o';
  }
  return 'o';
}

constexpr std::string_view kBashHead = R"(# bash completion of @PROGRAM@

# The options of a command, one a line: its names; what follows it (- nothing, f a file, w one of
# words, o something else); the words.
__@FUNCTION@_options() {
  case $1 in
)";

constexpr std::string_view kBashCommon = R"(  esac
}

# Completes the option or its value at $cur; fails where an operand stands.
__@FUNCTION@_option() {
  local names kind words
  while IFS='|' read -r names kind words; do
    [[ " $names " == *" $prev "* && $kind != - ]] || continue
    case $kind in
      w) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
      f)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        ;;
    esac
    return 0
  done < <(__@FUNCTION@_options "$1")
  [[ $cur == -* ]] || return 1
  words=$(__@FUNCTION@_options "$1" | cut -d '|' -f 1)
  mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$cur")
}

# cur, prev: the word to complete and the one before; "--name=value" is three words for bash.
__@FUNCTION@_words() {
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD - 1]}
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]] && ((COMP_CWORD > 1)); then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
}
)";

constexpr std::string_view kBashOfCommands = R"(
__@FUNCTION@_recordings() {
  compopt -o filenames 2>/dev/null
  local found
  mapfile -t found < <(compgen -d -- "$cur"; compgen -f -X '!*.htrace' -- "$cur"
                       compgen -f -X '!*.sqlite' -- "$cur")
  COMPREPLY+=("${found[@]}")
}

_@FUNCTION@() {
  local cur prev command=@FALLBACK@ commands='@COMMANDS@'
  COMPREPLY=()
  __@FUNCTION@_words
  if ((COMP_CWORD > 1)) && [[ " $commands " == *" ${COMP_WORDS[1]} "* ]]; then
    command=${COMP_WORDS[1]}
  fi
  __@FUNCTION@_option "$command" && return
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
  fi
  __@FUNCTION@_recordings
}

complete -F _@FUNCTION@ @PROGRAM@
)";

constexpr std::string_view kBashOfLauncher = R"(
_@FUNCTION@() {
  local cur prev i commands='@COMMANDS@'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == -- ]] || continue
    if declare -F _command_offset >/dev/null; then
      _command_offset $((i + 1))
      return
    fi
    cur=${COMP_WORDS[COMP_CWORD]}
    compopt -o filenames 2>/dev/null
    if ((COMP_CWORD == i + 1)); then
      mapfile -t COMPREPLY < <(compgen -c -- "$cur"; compgen -d -- "$cur")
    else
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
    return
  done
  __@FUNCTION@_words
  if ((COMP_CWORD > 1)) && [[ " $commands " == *" ${COMP_WORDS[1]} "* ]]; then
    __@FUNCTION@_option "${COMP_WORDS[1]}" && return
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    return
  fi
  __@FUNCTION@_option @PROGRAM@ && return
  COMPREPLY=(--)
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur"; [[ $cur ]] || echo --)
  fi
}

complete -F _@FUNCTION@ @PROGRAM@
)";

constexpr std::string_view kZshOfCommands = R"(#compdef @PROGRAM@

_@FUNCTION@() {
  local command=@FALLBACK@
  local -a commands
  commands=(
@DESCRIBED@  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    _files -g '*.(htrace|sqlite)(-.)'
    return
  fi
  if (( ${commands[(I)$words[2]:*]} )); then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
)";

constexpr std::string_view kZshOfLauncher = R"(#compdef @PROGRAM@

_@FUNCTION@() {
  local command=@PROGRAM@
  local -a commands
  commands=(
@DESCRIBED@  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
  elif (( ${commands[(I)$words[2]:*]} )); then
    command=$words[2]
    shift words
    (( CURRENT-- ))
  fi
  case $command in
)";

constexpr std::string_view kZshEnd = R"(  esac
}

_@FUNCTION@ "$@"
)";

std::string Filled(std::string_view text, const std::string& program,
                   const std::vector<Subcommand>& commands, const std::string& fallback) {
  std::string filled = Replaced(std::string(text), "@FUNCTION@", FunctionName(program));
  filled = Replaced(filled, "@PROGRAM@", program);
  filled = Replaced(filled, "@FALLBACK@", fallback);
  return Replaced(filled, "@COMMANDS@", Names(commands));
}

// Text in a specification of zsh's _arguments or _describe.
std::string Escaped(std::string_view text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

// "(-o --output)"{-o+,--output=}"[description]:PATH:_files"
std::string ZshOption(const OptionDescription& option) {
  std::string others;
  std::string names;
  for (const std::string& name : option.names) {
    others += (others.empty() ? "" : " ") + name;
    const bool valued = option.value != OptionValue::kNone;
    const char* mark = !valued ? "" : name.starts_with("--") ? "=" : "+";
    names += (names.empty() ? "" : ",") + name + mark;
  }
  std::string rest = fmt::format("[{}]", Escaped(option.description, "[]:\\"));
  if (option.value != OptionValue::kNone) {
    rest += fmt::format(":{}:", Escaped(option.value_text, ":\\"));
  }
  if (option.value == OptionValue::kFile) rest += "_files";
  if (option.value == OptionValue::kChoice)
    rest += fmt::format("({})", fmt::join(option.choices, " "));
  if (option.names.size() == 1) return Quoted(names + rest);
  return fmt::format("{}{{{}}}{}", Quoted("(" + others + ")"), names, Quoted(rest));
}

std::string ZshBranch(const CommandDescription& command, std::string_view operands) {
  std::string branch = fmt::format("    {})\n      _arguments -s -S \\\n", LastWord(command.name));
  for (const OptionDescription& option : command.options) {
    branch += fmt::format("        {} \\\n", ZshOption(option));
  }
  return branch + fmt::format("        {}\n      ;;\n", operands);
}

// The elements of zsh's array "commands".
std::string Described(const std::vector<Subcommand>& commands) {
  std::string described;
  for (const Subcommand& command : commands) {
    described += "    " + Quoted(command.name + ":" + Escaped(command.purpose, ":\\")) + "\n";
  }
  return described;
}

}  // namespace

std::string BashOptions(const CommandDescription& command) {
  std::string branch = fmt::format("    {}) cat <<'END'\n", LastWord(command.name));
  for (const OptionDescription& option : command.options) {
    branch += fmt::format("{}|{}|{}\n", fmt::join(option.names, " "), KindOf(option.value),
                          fmt::join(option.choices, " "));
  }
  return branch + "END\n      ;;\n";
}

std::string ZshOptions(const CommandDescription& command) {
  return ZshBranch(command, R"zsh('*:recording:_files -g "*.(htrace|sqlite)(-.)"')zsh");
}

CompletionFrame BashOfCommands(const std::string& program, const std::vector<Subcommand>& commands,
                               const std::string& fallback) {
  const auto filled = [&](std::string_view text) {
    return Filled(text, program, commands, fallback);
  };
  return {.head = filled(kBashHead), .tail = filled(kBashCommon) + filled(kBashOfCommands)};
}

CompletionFrame ZshOfCommands(const std::string& program, const std::vector<Subcommand>& commands,
                              const std::string& fallback) {
  const std::string head = Filled(kZshOfCommands, program, commands, fallback);
  return {.head = Replaced(head, "@DESCRIBED@", Described(commands)),
          .tail = Filled(kZshEnd, program, commands, fallback)};
}

std::string BashOfLauncher(const CommandDescription& program,
                           const std::vector<LauncherCommand>& commands) {
  std::vector<Subcommand> names;
  std::string options = BashOptions(program);
  for (const LauncherCommand& one : commands) {
    names.push_back(one.command);
    options += BashOptions(one.description);
  }
  const auto filled = [&](std::string_view text) { return Filled(text, program.name, names, {}); };
  return filled(kBashHead) + options + filled(kBashCommon) + filled(kBashOfLauncher);
}

std::string ZshOfLauncher(const CommandDescription& program,
                          const std::vector<LauncherCommand>& commands) {
  std::vector<Subcommand> names;
  std::string branches =
      ZshBranch(program, R"zsh('(-)1:command: _command_names -e' '*::arguments: _normal')zsh");
  for (const LauncherCommand& one : commands) {
    names.push_back(one.command);
    branches += ZshBranch(one.description, "'*:file:_files'");
  }
  const std::string head = Filled(kZshOfLauncher, program.name, names, {});
  return Replaced(head, "@DESCRIBED@", Described(names)) + branches +
         Filled(kZshEnd, program.name, {}, {});
}

}  // namespace heimdallr::cli
