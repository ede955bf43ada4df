#include "cli/csv_writer.h"

#include <limits>

#include <catch2/catch.hpp>

namespace heimdallr::cli {
namespace {

TEST_CASE("CsvWriter: separates values by commas and rows by CR LF") {
  fmt::memory_buffer out;
  CsvWriter csv(out);
  csv.Text("a");
  csv.Number(-5);
  csv.Double(0.5);
  csv.Empty();
  csv.Optional(std::optional<int>(7));
  csv.Optional(std::optional<double>());
  csv.EndRow();
  csv.Text("b");
  csv.EndRow();
  CHECK(fmt::to_string(out) == "a,-5,0.5,,7,\r\nb\r\n");
}

TEST_CASE("CsvWriter: quotes what would be taken apart, and makes hostile text harmless") {
  fmt::memory_buffer out;
  CsvWriter csv(out);
  csv.Text("a,b");
  csv.Text("say \"x\"");
  csv.Text("line\nend\x1b\xff");
  csv.Text("=cmd()");
  csv.Double(std::numeric_limits<double>::infinity());
  csv.EndRow();
  CHECK(fmt::to_string(out) == "\"a,b\",\"say \"\"x\"\"\",line\\x0aend\\x1b\\xff,'=cmd(),\r\n");
}

}  // namespace
}  // namespace heimdallr::cli
