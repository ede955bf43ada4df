#include "store/utf8.h"

#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::store {
namespace {

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

}  // namespace
}  // namespace heimdallr::store
