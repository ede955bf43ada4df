#include "recorder/output_path.h"

#include <catch2/catch.hpp>

using heimdallr::recorder::ExpandOutputPattern;
using heimdallr::recorder::OutputNames;

TEST_CASE("ExpandOutputPattern: each letter stands for its name") {
  const OutputNames names{.command = "bt.A", .host = "node7", .pid = 42};
  CHECK(*ExpandOutputPattern("%c.%p.htrace", names) == "bt.A.42.htrace");
  CHECK(*ExpandOutputPattern("/tmp/%h/%c-%p-%p", names) == "/tmp/node7/bt.A-42-42");
  CHECK(*ExpandOutputPattern("plain", names) == "plain");
  CHECK(*ExpandOutputPattern("100%%", names) == "100%");
}

TEST_CASE("ExpandOutputPattern: an unknown or unfinished % is an error that lists the known ones") {
  for (const char* pattern : {"a%x", "a%"}) {
    const auto path = ExpandOutputPattern(pattern, {});
    CHECK(path.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(path.status().ToString().find("%p") != std::string::npos);
  }
}
