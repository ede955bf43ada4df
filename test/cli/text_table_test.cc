#include "cli/text_table.h"

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

TEST_CASE("TextTable: columns are as wide as their widest cell") {
  TextTable table({Align::kRight, Align::kLeft, Align::kRight});
  table.AddRow({"n", "name", "bytes"});
  table.AddRow({"10", "h\xc3\xa9", "7"});
  table.AddRow({"3", "x"});
  fmt::memory_buffer out;
  table.AppendTo(out, 1);
  CHECK(fmt::to_string(out) ==
        "  n  name  bytes\n"
        " 10  h\xc3\xa9        7\n"
        "  3  x\n");
}

}  // namespace
}  // namespace heimdallr::cli
