#include "analysis/module_map.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

constexpr std::uint32_t kCode = PROT_READ | PROT_EXEC;

MappingRecord File(std::int32_t pid, std::uint64_t address, std::string_view path,
                   std::uint64_t offset = 0, std::uint32_t protection = kCode) {
  return {.address = address,
          .size = 0x1000,
          .offset = offset,
          .path = path,
          .protection = protection,
          .pid = pid};
}

TEST_CASE("ModuleMap: an address becomes a file and the offset in it") {
  ModuleMap map;
  map.Add(File(1, 0x7000, "/lib/a.so", 0x3000));
  const CodeLocation at = map.Find(1, 0x7123);
  REQUIRE(at.module != 0);
  CHECK(map.module(at.module).path == "/lib/a.so");
  CHECK(at.offset == 0x3123);
}

TEST_CASE("ModuleMap: an address in no known code is its own offset") {
  ModuleMap map;
  map.Add(File(1, 0x7000, "/lib/a.so"));
  CHECK(map.Find(1, 0x8000) == CodeLocation{0, 0x8000});
  CHECK(map.Find(1, 0x6fff) == CodeLocation{0, 0x6fff});
  CHECK(map.Find(2, 0x7000) == CodeLocation{0, 0x7000});
}

TEST_CASE("ModuleMap: data and nameless code are no modules") {
  ModuleMap map;
  map.Add(File(1, 0x7000, "/lib/a.so", 0, PROT_READ | PROT_WRITE));
  map.Add(File(1, 0x9000, "//anon"));
  CHECK(map.Find(1, 0x7000).module == 0);
  CHECK(map.Find(1, 0x9000).module == 0);
}

TEST_CASE("ModuleMap: a later mapping replaces the part it covers") {
  ModuleMap map;
  MappingRecord wide = File(1, 0x10000, "/lib/a.so");
  wide.size = 0x3000;
  map.Add(wide);
  map.Add(File(1, 0x11000, "/lib/b.so"));
  map.Add(File(1, 0x12000, "[heap]", 0, PROT_READ | PROT_WRITE));
  CHECK(map.module(map.Find(1, 0x10000).module).path == "/lib/a.so");
  CHECK(map.module(map.Find(1, 0x11000).module).path == "/lib/b.so");
  CHECK(map.Find(1, 0x12000).module == 0);
}

TEST_CASE("ModuleMap: a child inherits, then each goes its own way") {
  ModuleMap map;
  map.Add(File(1, 0x7000, "/lib/a.so"));
  map.Add(ProcessRecord{.pid = 2, .parent_pid = 1, .event = ProcessEvent::kStart});
  CHECK(map.Find(2, 0x7000).module != 0);
  map.Add(File(2, 0x9000, "/lib/b.so"));
  CHECK(map.Find(1, 0x9000).module == 0);
  CHECK(map.Find(2, 0x9000).module != 0);
}

TEST_CASE("ModuleMap: exec and exit drop the mappings") {
  const auto event = GENERATE(ProcessEvent::kExec, ProcessEvent::kExit);
  ModuleMap map;
  map.Add(File(1, 0x7000, "/lib/a.so"));
  map.Add(ProcessRecord{.pid = 1, .event = event});
  CHECK(map.Find(1, 0x7000).module == 0);
}

TEST_CASE("ModuleMap: one path with two build-ids is two modules") {
  ModuleMap map;
  MappingRecord before = File(1, 0x7000, "/lib/a.so");
  before.build_id = "\x01\x02";
  MappingRecord after = File(2, 0x7000, "/lib/a.so");
  after.build_id = "\x03\x04";
  map.Add(before);
  map.Add(after);
  CHECK(map.Find(1, 0x7000).module != map.Find(2, 0x7000).module);
}

}  // namespace
}  // namespace heimdallr::analysis
