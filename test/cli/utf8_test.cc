#include "cli/utf8.h"

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

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

}  // namespace
}  // namespace heimdallr::cli
