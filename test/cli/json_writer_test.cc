#include "cli/json_writer.h"

#include <limits>
#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

std::string StringAsJson(std::string_view bytes) {
  fmt::memory_buffer out;
  JsonWriter json(out);
  json.BeginObject();
  json.String("s", bytes);
  json.EndObject();
  return fmt::to_string(out);
}

TEST_CASE("JsonWriter: quotes and backslashes are escaped") {
  CHECK(StringAsJson(R"(a"b\c)") == R"({"s":"a\"b\\c"})");
}

TEST_CASE("JsonWriter: control characters become escapes") {
  CHECK(StringAsJson(std::string_view("\n\0\x1b\x7f", 4)) == R"({"s":"\u000a\u0000\u001b\u007f"})");
}

TEST_CASE("JsonWriter: valid UTF-8 passes, each byte that is none becomes an escape") {
  CHECK(StringAsJson("h\xc3\xa9 \xf0\x9f\x98\x80") == "{\"s\":\"h\xc3\xa9 \xf0\x9f\x98\x80\"}");
  CHECK(StringAsJson("\xff\xc3") == R"({"s":"\u00ff\u00c3"})");
  CHECK(StringAsJson("\xc0\x80") == R"({"s":"\u00c0\u0080"})");            // overlong
  CHECK(StringAsJson("\xed\xa0\x80") == R"({"s":"\u00ed\u00a0\u0080"})");  // surrogate
}

TEST_CASE("JsonWriter: commas stand between members and elements, and nowhere else") {
  fmt::memory_buffer out;
  JsonWriter json(out);
  json.BeginObject();
  json.BeginArray("a");
  json.StringElement("x");
  json.AddressElement(0);
  json.BeginObject();
  json.EndObject();
  json.BeginObject();
  json.Bool("t", true);
  json.Number("n", -5);
  json.EndObject();
  json.EndArray();
  json.BeginObject("o");
  json.EndObject();
  json.EndObject();
  CHECK(fmt::to_string(out) == R"({"a":["x","0x0",{},{"t":true,"n":-5}],"o":{}})");
}

TEST_CASE("JsonWriter: the largest numbers are exact") {
  fmt::memory_buffer out;
  JsonWriter json(out);
  json.BeginObject();
  json.Number("n", std::numeric_limits<std::uint64_t>::max());
  json.Address("a", std::numeric_limits<std::uint64_t>::max());
  json.Float("nan", std::numeric_limits<float>::quiet_NaN());
  json.EndObject();
  CHECK(fmt::to_string(out) == R"({"n":18446744073709551615,"a":"0xffffffffffffffff","nan":0})");
}

}  // namespace
}  // namespace heimdallr::cli
