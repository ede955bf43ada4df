#include "topology/number_list.h"

#include <catch2/catch.hpp>

namespace heimdallr::topology {

using Numbers = std::vector<std::uint32_t>;

TEST_CASE("ParseNumberList: numbers and ranges as the kernel writes them") {
  CHECK(ParseNumberList("0-3,8\n").value() == Numbers{0, 1, 2, 3, 8});
  CHECK(ParseNumberList("5").value() == Numbers{5});
  CHECK(ParseNumberList("\n").value().empty());  // cpulist of a node of memory alone
  CHECK(ParseNumberList("").value().empty());
}

TEST_CASE("ParseNumberList: the result ascends and has each number once") {
  CHECK(ParseNumberList("8,1-3,2,0").value() == Numbers{0, 1, 2, 3, 8});
}

TEST_CASE("ParseNumberList: what is no list is refused with its text") {
  for (const char* text : {"x", "1,", ",1", "1,,2", "3-1", "-1", "1-", "1 2", "0x1", "65536",
                           "99999999999999999999", "0-4294967295"}) {
    INFO(text);
    const auto list = ParseNumberList(text);
    REQUIRE(list.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(std::string(list.status().message()).find(std::string("'") + text + "'") == 0);
  }
}

TEST_CASE("ParseNumberList: one range after the other takes no more memory than one") {
  std::string text = "0-65535";
  for (int i = 0; i < 200; ++i) text += ",0-65535";
  CHECK(ParseNumberList(text).value().size() == 65'536);
}

TEST_CASE("FormatNumberList: ranges where numbers follow each other") {
  CHECK(FormatNumberList({0, 1, 2, 3, 8}) == "0-3,8");
  CHECK(FormatNumberList({0, 1}) == "0-1");
  CHECK(FormatNumberList({7}) == "7");
  CHECK(FormatNumberList({}).empty());
}

}  // namespace heimdallr::topology
