#include "process/elf_info.h"

#include <string>

#include <catch2/catch.hpp>

using heimdallr::process::ReadElfInfo;

TEST_CASE("ReadElfInfo: a dynamic program of this machine names its loader") {
  const auto info = ReadElfInfo("/proc/self/exe");
  REQUIRE(info.ok());
  CHECK(info->is_64_bit);
  CHECK(info->is_native);
  CHECK(info->interpreter.find("/ld") != std::string::npos);
}

TEST_CASE("ReadElfInfo: the build-id is the linker's") {
  // The note as the kernel's view of the running file has it: 20 bytes of SHA-1 by default.
  const auto info = ReadElfInfo("/bin/sh");
  REQUIRE(info.ok());
  CHECK(info->build_id.size() == 20);
}

TEST_CASE("ReadElfInfo: a file that is no ELF file is InvalidArgument, a missing one NotFound") {
  CHECK(ReadElfInfo("/etc/passwd").status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(ReadElfInfo("/dev/null").status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(ReadElfInfo("/no/such/file").status().code() == absl::StatusCode::kNotFound);
}
