#include "sweep/shell_words.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include <absl/status/status.h>
#include <fmt/format.h>

#include "base/printable.h"
#include "base/status_macros.h"

namespace heimdallr::sweep {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kOperators = "|&;<>()";
constexpr std::string_view kEscapedInQuotes = "$`\"\\\n";

bool Among(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  absl::StatusOr<std::vector<std::string>> Split() {
    while (at_ < line_.size()) RETURN_IF_ERROR(Next(line_[at_++]));
    EndWord();
    if (words_.empty()) return Wrong("there is no command in it");
    return std::move(words_);
  }

 private:
  absl::Status Next(char c) {
    if (Among(kBlanks, c)) {
      EndWord();
      return absl::OkStatus();
    }
    if (c == '\'') return SingleQuoted();
    if (c == '"') return DoubleQuoted();
    if (c == '\\') return Escaped();
    if (Among(kOperators, c)) {
      return Wrong(fmt::format("'{}' is for a shell: write sh -c '...' around it, or quote it", c));
    }
    Append(c);
    return absl::OkStatus();
  }

  absl::Status SingleQuoted() {
    const std::size_t end = line_.find('\'', at_);
    if (end == std::string_view::npos) return Wrong("a ' is not closed");
    if (!word_) word_.emplace();
    word_->append(line_.substr(at_, end - at_));
    at_ = end + 1;
    return absl::OkStatus();
  }

  absl::Status DoubleQuoted() {
    if (!word_) word_.emplace();
    while (at_ < line_.size()) {
      const char c = line_[at_++];
      if (c == '"') return absl::OkStatus();
      const bool escape = c == '\\' && at_ < line_.size() && Among(kEscapedInQuotes, line_[at_]);
      if (!escape) {
        Append(c);
      } else if (const char next = line_[at_++]; next != '\n') {
        Append(next);
      }
    }
    return Wrong("a \" is not closed");
  }

  absl::Status Escaped() {
    if (at_ == line_.size()) return Wrong("there is nothing behind the \\ at its end");
    // Before the end of a line it makes one line of two.
    if (const char next = line_[at_++]; next != '\n') Append(next);
    return absl::OkStatus();
  }

  void Append(char c) {
    if (!word_) word_.emplace();
    word_->push_back(c);
  }

  void EndWord() {
    if (word_) words_.push_back(*std::move(word_));
    word_.reset();
  }

  absl::Status Wrong(std::string_view why) const {
    return absl::InvalidArgumentError(
        fmt::format("cannot split '{}' into words: {}", base::Printable(line_), why));
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::optional<std::string> word_;  // '' is a word as well
  std::vector<std::string> words_;
};

bool IsPlain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || Among("_./+-=:,@%", c);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitShellWords(std::string_view line) {
  return Splitter(line).Split();
}

std::string JoinShellWords(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), IsPlain)) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) {
      if (c == '\'') {
        line += "'\\''";
      } else {
        line += c;
      }
    }
    line += '\'';
  }
  return line;
}

}  // namespace heimdallr::sweep
