#include "topology/memory_spec.h"

#include <catch2/catch.hpp>

namespace heimdallr::topology {
namespace {

using Catch::Matchers::Contains;
using Nodes = std::vector<std::uint32_t>;

MemorySpec Read(const char* text) {
  auto spec = ParseMemorySpec(text);
  REQUIRE(spec.status().ToString() == "OK");
  CHECK(spec->text == text);
  return *std::move(spec);
}

std::string Refusal(std::string_view text) {
  const auto spec = ParseMemorySpec(text);
  REQUIRE(spec.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(spec.status().message());
}

}  // namespace

TEST_CASE("ParseMemorySpec: policies with their nodes") {
  CHECK(Read("node:1").policy == MemoryPolicy::kBind);
  CHECK(Read("node:3,0-1").nodes == Nodes{0, 1, 3});
  CHECK(Read("preferred:2").policy == MemoryPolicy::kPreferred);
  CHECK(Read("preferred:2").nodes == Nodes{2});
  CHECK(Read("interleave:0,2").policy == MemoryPolicy::kInterleave);
  CHECK(Read("interleave:0,2").nodes == Nodes{0, 2});
}

TEST_CASE("ParseMemorySpec: the default asks for nothing") {
  const MemorySpec spec = Read("default");
  CHECK(spec.policy == MemoryPolicy::kDefault);
  CHECK(spec.nodes.empty());
  CHECK(spec.kind.empty());
  CHECK(spec.folder.empty());
}

TEST_CASE("ParseMemorySpec: a kind by its name, known or not") {
  CHECK(Read("kind:dax-kmem-all").kind == "dax-kmem-all");
  CHECK(Read("kind:made-up").kind == "made-up");
}

TEST_CASE("ParseMemorySpec: a folder with any character, and a size behind it") {
  CHECK(Read("pmem:/mnt/pmem").folder == "/mnt/pmem");
  CHECK(Read("pmem:/mnt/pmem").size_bytes == 0);
  CHECK(Read("pmem:/mnt/pmem,size=8G").folder == "/mnt/pmem");
  CHECK(Read("pmem:/mnt/pmem,size=8G").size_bytes == 8'589'934'592);
  CHECK(Read("pmem:a:b,c;size=1").folder == "a:b,c;size=1");
  CHECK(Read("pmem:x,size=1,size=2M").folder == "x,size=1");
  CHECK(Read("pmem:x,size=1,size=2M").size_bytes == 2'097'152);
}

TEST_CASE("ParseMemorySpec: each wrong text is refused with what is wrong with it") {
  CHECK_THAT(Refusal("node:"), Contains("names no memory node"));
  CHECK_THAT(Refusal("node"), Contains("names no memory node"));
  CHECK_THAT(Refusal("node:x"), Contains("'node:x': 'x' is no list such as 0-3,8"));
  CHECK_THAT(Refusal("preferred:0,1"), Contains("one node can be preferred"));
  CHECK_THAT(Refusal("kind:"), Contains("names no kind"));
  CHECK_THAT(Refusal("pmem:"), Contains("names no folder"));
  CHECK_THAT(Refusal("pmem:,size=8G"), Contains("names no folder"));
  CHECK_THAT(Refusal("pmem:/a,size=lots"), Contains("'lots' is no size such as 512M or 8G"));
  CHECK_THAT(Refusal("pmem:/a,size=0"), Contains("'0' is no size"));
  CHECK_THAT(Refusal("Node:0"), Contains("memory is default, node:N"));
  CHECK_THAT(Refusal(""), Contains("memory is default"));
  CHECK_THAT(Refusal("default:1"), Contains("memory is default"));
}

TEST_CASE("ParseByteSize: units are powers of 1024") {
  CHECK(ParseByteSize("4096").value() == 4096);
  CHECK(ParseByteSize("1B").value() == 1);
  CHECK(ParseByteSize("3K").value() == 3072);
  CHECK(ParseByteSize("512m").value() == 536'870'912);
  CHECK(ParseByteSize("1GiB").value() == 1'073'741'824);
  CHECK(ParseByteSize("2TB").value() == 2'199'023'255'552);
}

TEST_CASE("ParseByteSize: what is no size, or too much of one, is refused") {
  for (const char* text : {"", "K", "-1", "1.5G", "1 G", "1X", "1KX", "9223372036854775808",
                           "8388608T", "99999999999999999999"}) {
    INFO(text);
    CHECK(ParseByteSize(text).status().code() == absl::StatusCode::kInvalidArgument);
  }
  CHECK(ParseByteSize("8388607T").ok());
}

}  // namespace heimdallr::topology
