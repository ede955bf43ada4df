#include "report/json_text.h"

#include <limits>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::report {
namespace {

std::string Quoted(const std::string& text) {
  std::string out;
  JsonText json(out);
  json.Element(text);
  return out;
}

TEST_CASE("JsonText: nothing can end the script element it stands in") {
  CHECK(Quoted("</script><script>alert(1)</script>") ==
        "\"\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\"");
  CHECK(Quoted("<!--") == "\"\\u003c!--\"");
}

TEST_CASE("JsonText: quotes, control characters and bytes that are no text") {
  CHECK(Quoted("a\"b\\c") == R"("a\"b\\c")");
  CHECK(Quoted("a\nb\x01\x7f") == R"("a\\x0ab\\x01\\x7f")");
  CHECK(Quoted("gr\xc3\xbc\xc3\x9f \xff\xfe \xed\xa0\x80") ==
        "\"gr\xc3\xbc\xc3\x9f \\\\xff\\\\xfe \\\\xed\\\\xa0\\\\x80\"");
}

TEST_CASE("JsonText: commas stand between members and elements alone") {
  std::string out;
  JsonText json(out);
  json.BeginObject();
  json.Member("a", 1);
  json.BeginArray("b");
  json.EndArray();
  json.BeginArray("c");
  json.BeginObject();
  json.EndObject();
  json.Element(true);
  json.Element("x");
  json.EndArray();
  json.Null("d");
  json.Column("e", std::vector<int>{1, -2, 3});
  json.EndObject();
  CHECK(out == R"({"a":1,"b":[],"c":[{},true,"x"],"d":null,"e":[1,-2,3]})");
}

TEST_CASE("JsonText: numbers are exact up to 64 bits, what is none is 0") {
  std::string out;
  JsonText json(out);
  json.Column("a", std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max()});
  json.Column("b", std::vector<double>{0.5, std::numeric_limits<double>::infinity(),
                                       std::numeric_limits<double>::quiet_NaN()});
  CHECK(out == R"("a":[18446744073709551615],"b":[0.5,0,0])");
}

TEST_CASE("AddressText: is hexadecimal") { CHECK(AddressText(0x7fff12345678) == "0x7fff12345678"); }

}  // namespace
}  // namespace heimdallr::report
