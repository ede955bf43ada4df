#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"

namespace heimdallr::cli {
namespace {

void Append(Output& output, std::string_view text) {
  output.buffer().append(text.data(), text.data() + text.size());
}

TEST_CASE("Output: what was collected arrives once it is flushed") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const base::UniqueFd reading(ends[0]);
  base::UniqueFd writing(ends[1]);
  Output output(writing.get());
  Append(output, "hello");
  CHECK(output.EndRecord());
  CHECK(output.Flush());
  char text[8];
  CHECK(read(reading.get(), text, sizeof text) == 5);
}

TEST_CASE("Output: a reader that went away is an end without an error") {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  base::UniqueFd writing(ends[1]);
  { const base::UniqueFd reading(ends[0]); }
  Output output(writing.get());
  Append(output, std::string(100'000, 'x'));
  CHECK_FALSE(output.EndRecord());
  CHECK_FALSE(output.Flush());
  CHECK(output.status().ok());
}

TEST_CASE("Output: a full device is an error") {
  const base::UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full.valid());
  Output output(full.get());
  Append(output, "x");
  CHECK_FALSE(output.Flush());
  CHECK_FALSE(output.status().ok());
}

}  // namespace
}  // namespace heimdallr::cli
