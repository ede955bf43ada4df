#include "base/printable.h"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace heimdallr::base {
namespace {

using namespace std::string_view_literals;

TEST_CASE("PrintableLength: tells the length of characters") {
  CHECK(PrintableLength("a") == 1);
  CHECK(PrintableLength("\xc3\xa9") == 2);
  CHECK(PrintableLength("\xe2\x82\xac") == 3);
  CHECK(PrintableLength("\xf4\x8f\xbf\xbf") == 4);
}

TEST_CASE("PrintableLength: control characters are not printable") {
  CHECK(PrintableLength("\x1b[31m") == 0);
  CHECK(PrintableLength("\x7f") == 0);
  CHECK(PrintableLength("\xc2\x9b") == 0);  // the one-byte form of ESC [
  CHECK(PrintableLength("\xc2\xa0") == 2);
}

TEST_CASE("PrintableLength: what is not well-formed is not printable") {
  CHECK(PrintableLength("\x80") == 0);
  CHECK(PrintableLength("\xc3") == 0);
  CHECK(PrintableLength("\xc3(") == 0);
  CHECK(PrintableLength("\xe2\x82") == 0);
  CHECK(PrintableLength("\xe0\x80\x80") == 0);
  CHECK(PrintableLength("\xf4\x90\x80\x80") == 0);
  CHECK(PrintableLength("\xf8\x88\x80\x80\x80") == 0);
}

// Of the examples in RFC 3629 and Unicode's table 3-7.
TEST_CASE("IsText: takes well-formed UTF-8") {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\n\t"}) {
    CHECK(IsText(text));
  }
}

TEST_CASE("IsText: refuses what is no UTF-8, and NUL") {
  for (const char* bytes :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2 ", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xe2\x82"}) {
    CHECK_FALSE(IsText(bytes));
  }
  CHECK_FALSE(IsText(std::string(1, '\0')));
}

TEST_CASE("Printable: keeps UTF-8 and shows all other bytes as their numbers") {
  CHECK(Printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK(Printable("a\nb\t\0c\x7f\x1b[31m"sv) == "a\\x0ab\\x09\\x00c\\x7f\\x1b[31m");
  CHECK(Printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(Printable("\xc0\xaf") == "\\xc0\\xaf");                    // overlong
  CHECK(Printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(Printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(Printable("\xc2\x85") == "\\xc2\\x85");                    // a control character
}

TEST_CASE("Hexadecimal: two digits a byte") { CHECK(Hexadecimal("\x01\xff") == "01ff"); }

}  // namespace
}  // namespace heimdallr::base
