// Text in the outputs: names nobody can trust, CSV, JSON, stacks.
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "export/frame_text.h"
#include "export/json_string.h"
#include "export/selection.h"
#include "export/text_rows.h"
#include "recorded.h"

namespace heimdallr::exports {

TEST_CASE("AppendJsonString: escapes quotes and backslashes") {
  fmt::memory_buffer out;
  AppendJsonString("a\"b\\c", out);
  CHECK(fmt::to_string(out) == R"("a\"b\\c")");
}

TEST_CASE("AppendFrame: a name cannot end its frame") {
  std::string stack;
  AppendFrame("main", stack);
  AppendFrame("f(a;b)", stack);
  CHECK(stack == "main;f(a:b)");
}

TEST_CASE("StackText: a stack that is too long keeps its inner frames") {
  Recorded recorded;
  recorded.NameCall(kText + 0x10, {{std::string(1000, 'i'), "", 0}});
  analysis::ModuleMap modules;
  Words words;
  const analysis::CodeNames names(recorded.symbols(), modules);
  NamedPlaces places(names, words);
  modules.Add(MappingRecord{.address = kText,
                            .size = 0x1000,
                            .offset = 0x1000,
                            .path = "/bin/prog",
                            .protection = PROT_READ | PROT_EXEC,
                            .pid = kPid,
                            .tid = kPid});
  const std::uint32_t place = places.IdOf(analysis::CallPlaceOf(modules, kPid, kText + 0x10));
  const std::vector<std::uint32_t> two(2, place);
  CHECK(StackText(two, places, words) == std::string(1000, 'i') + ";" + std::string(1000, 'i'));
  // 65 frames of 1001 bytes with their ";" fit into 64 KiB.
  const std::vector<std::uint32_t> many(1000, place);
  const std::string text = StackText(many, places, words);
  CHECK(text.starts_with("...;iii"));
  CHECK(text.size() == 3 + 65 * 1001);
}

TEST_CASE("Words: a text has one number, whatever bytes it came from") {
  Words words;
  CHECK(words.IdOf("") == 0);
  const std::uint32_t id = words.IdOf("\n");
  CHECK(words.text(id) == "\\x0a");
  CHECK(words.IdOf("\n") == id);
  CHECK(words.IdOf("\\x0a") == id);
}

namespace {

constexpr Column kColumns[] = {{"n", ColumnType::kInt32},
                               {"a", ColumnType::kAddress, Presence::kSometimes},
                               {"r", ColumnType::kReal},
                               {"f", ColumnType::kFlag},
                               {"t", ColumnType::kText, Presence::kSometimes}};

template <typename Rows>
std::string Written(std::string_view text) {
  Words words;
  StringSink sink;
  Rows rows(kColumns, words, sink);
  const Cell full[] = {Cell::Number(-5), Cell::Number(0x7fff00000000U), Cell::Real(0.5),
                       Cell::Flag(true), Cell::Text(words.IdOf(text))};
  const Cell bare[] = {Cell::Number(7), Cell{}, Cell::Real(3), Cell::Flag(false), Cell{}};
  CHECK(rows.Add(full).ok());
  CHECK(rows.Add(bare).ok());
  CHECK(rows.Finish().ok());
  return sink.text();
}

}  // namespace

TEST_CASE("CsvRows: quotes what RFC 4180 wants quoted, and leaves out what is absent") {
  CHECK(Written<CsvRows>("x,\"y\"") ==
        "n,a,r,f,t\r\n-5,0x7fff00000000,0.5,true,\"x,\"\"y\"\"\"\r\n7,,3,false,\r\n");
}

TEST_CASE("CsvRows: text is written as it is, for machines") {
  CHECK(Written<CsvRows>("=1+1").find(",true,=1+1\r\n") != std::string::npos);
}

TEST_CASE("JsonRows: an object a line, addresses as strings") {
  CHECK(Written<JsonRows>("x\"y") ==
        "{\"n\":-5,\"a\":\"0x7fff00000000\",\"r\":0.5,\"f\":true,\"t\":\"x\\\"y\"}\n"
        "{\"n\":7,\"r\":3,\"f\":false}\n");
}

TEST_CASE("Cell: what is no number becomes 0") {
  CHECK(Cell::Real(1.0 / 0.0).real() == 0);
  CHECK_FALSE(Cell::NumberUnless0(0).present);
}

TEST_CASE("Range: overlaps by the bytes from an address on, without running over the end") {
  const Range range{.begin = 100, .end = 200};
  CHECK(range.Overlaps(96, 8));
  CHECK_FALSE(range.Overlaps(92, 8));
  CHECK(range.Overlaps(199, 1));
  CHECK_FALSE(range.Overlaps(200, 1));
  CHECK(range.Overlaps(100, 0));
  CHECK(range.Overlaps(10, ~std::uint64_t{0}));
}

}  // namespace heimdallr::exports
