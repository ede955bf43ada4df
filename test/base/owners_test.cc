// Owners of things of the kernel let go of the old thing when they are given a new one.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "base/mapped_region.h"
#include "base/unique_fd.h"

namespace heimdallr::base {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// msync(2) fails with ENOMEM where nothing is mapped.
bool IsMapped(void* page) { return msync(page, 1, MS_ASYNC) == 0 || errno != ENOMEM; }

}  // namespace

TEST_CASE("UniqueFd: assignment closes the descriptor held before") {
  const int first = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int second = open("/dev/null", O_RDONLY | O_CLOEXEC);
  REQUIRE(second >= 0);
  UniqueFd holder(first);
  UniqueFd other(second);
  holder = std::move(other);
  CHECK_FALSE(IsOpen(first));
  CHECK(holder.get() == second);
  CHECK(IsOpen(second));
}

TEST_CASE("MappedRegion: assignment unmaps the pages held before") {
  const UniqueFd file(memfd_create("pages", MFD_CLOEXEC));
  REQUIRE(ftruncate(file.get(), 8192) == 0);
  auto holder = MappedRegion::Map(file.get(), 4096, 0, MapAccess::kRead, "first page");
  auto other = MappedRegion::Map(file.get(), 4096, 4096, MapAccess::kRead, "second page");
  REQUIRE((holder.ok() && other.ok()));
  std::byte* const first = holder->data();
  std::byte* const second = other->data();
  *holder = *std::move(other);
  CHECK_FALSE(IsMapped(first));
  CHECK(holder->data() == second);
  CHECK(IsMapped(second));
}

TEST_CASE("MappedRegion: a place within a page is InvalidArgument and names the thing") {
  const UniqueFd file(memfd_create("pages", MFD_CLOEXEC));
  const auto region = MappedRegion::Map(file.get(), 4096, 1, MapAccess::kRead, "odd page");
  CHECK(region.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(region.status().ToString().find("odd page") != std::string::npos);
}

}  // namespace heimdallr::base
