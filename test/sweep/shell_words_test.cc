#include "sweep/shell_words.h"

#include <catch2/catch.hpp>

using heimdallr::sweep::JoinShellWords;
using heimdallr::sweep::SplitShellWords;
using Words = std::vector<std::string>;

TEST_CASE("SplitShellWords: blanks separate words") {
  CHECK(*SplitShellWords("./bt.A  -x\t1\n") == Words{"./bt.A", "-x", "1"});
}

TEST_CASE("SplitShellWords: quotes and backslashes keep what is in them, as in sh") {
  // Each line printed by: sh -c "printf '[%s]' LINE".
  CHECK(*SplitShellWords(R"(a 'b c' "d e" f\ g)") == Words{"a", "b c", "d e", "f g"});
  CHECK(*SplitShellWords(R"(a'b'"c"d)") == Words{"abcd"});
  CHECK(*SplitShellWords(R"('a\b' "a\b" "a\"b" "a\\b" a\b)") ==
        Words{R"(a\b)", R"(a\b)", R"(a"b)", R"(a\b)", "ab"});
  CHECK(*SplitShellWords("a '' \"\"") == Words{"a", "", ""});
  CHECK(*SplitShellWords("a\\\nb \"c\\\nd\"") == Words{"ab", "cd"});
}

TEST_CASE("SplitShellWords: nothing is expanded") {
  CHECK(*SplitShellWords("echo $HOME * ~ `x` #") == Words{"echo", "$HOME", "*", "~", "`x`", "#"});
}

TEST_CASE("SplitShellWords: what is no command is refused") {
  const auto message = [](const char* line) {
    return std::string(SplitShellWords(line).status().message());
  };
  CHECK(message("") == "cannot split '' into words: there is no command in it");
  CHECK(message("a 'b") == "cannot split 'a 'b' into words: a ' is not closed");
  CHECK(message("a \"b") == "cannot split 'a \"b' into words: a \" is not closed");
  CHECK(message("a \\").find("nothing behind the \\") != std::string::npos);
  for (const char* line : {"a | b", "a >b", "a; b", "a & b", "(a)"}) {
    CHECK(message(line).find("sh -c") != std::string::npos);
  }
}

TEST_CASE("JoinShellWords: gives a line that splits into the same words") {
  const Words words = {"sh", "-c", "echo 'a  b' \"c\" \\ | cat", "", "a=b", "\n", "ö"};
  CHECK(*SplitShellWords(JoinShellWords(words)) == words);
  CHECK(JoinShellWords({"./bt.A", "-x", "a b"}) == "./bt.A -x 'a b'");
}
