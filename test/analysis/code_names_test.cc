#include "analysis/code_names.h"

#include <catch2/catch.hpp>

#include "profile_records.h"

namespace heimdallr::analysis {
namespace {

// Of /bin/solver, which lies at 0x400000: an access at 0x100 inlined into main, one at 0x200.
Symbols SolverSymbols() {
  Symbols symbols;
  symbols.modules[{"/bin/solver", ""}] = {
      .path = "/bin/solver",
      .code = {{.offset = 0x100, .frames = {{"at", "vec.h", 7}, {"main", "main.c", 20}}},
               {.offset = 0x200, .frames = {{"main", "main.c", 30}}},
               {.offset = 0xfff,
                .frames = {{"std::allocator<int>::allocate(unsigned long)", "a.h", 1},
                           {"make", "main.c", 5}}},
               {.offset = 0x1fff, .frames = {{"operator new(unsigned long)", "", 0}}},
               {.offset = 0x2fff, .frames = {{"grow", "grow.c", 9}}}}};
  symbols.processes[kPid] = {.pid = kPid, .code = {{.offset = 0x9000, .frames = {{"jit:sum"}}}}};
  return symbols;
}

AccessRecord LoadBy(std::uint64_t ip) {
  AccessRecord record = Load(10, 0x600000);
  record.ip = ip;
  record.tick = ip;
  return record;
}

std::vector<std::string> Names(Profiled& trace, CodeBy by) {
  auto rows = CodeRows(trace.End(), trace.names(), by);
  SortRows(rows, RowOrder::kName, 100);
  std::vector<std::string> names;
  for (const CodeRow& row : rows) {
    names.push_back(row.name.Text() + " " + std::to_string(row.quantities.loads));
  }
  return names;
}

TEST_CASE("Code: by function, inlined code belongs to the function that holds it") {
  Profiled trace(SolverSymbols());
  trace.Add(LoadBy(0x400100), LoadBy(0x400200));
  CHECK(Names(trace, CodeBy::kFunction) == std::vector<std::string>{"main (main.c) 2"});
  CHECK(Names(trace, CodeBy::kInlinedFunction) ==
        std::vector<std::string>{"at (vec.h) 1", "main (main.c) 1"});
  CHECK(Names(trace, CodeBy::kLine) ==
        std::vector<std::string>{"at (vec.h:7) 1", "main (main.c:30) 1"});
}

TEST_CASE("Code: without a symbol it is called by its place, JIT code by its process's symbols") {
  Profiled trace(SolverSymbols());
  trace.Add(LoadBy(0x400300), LoadBy(0x9000), LoadBy(0x9100), LoadBy(0x9200));
  CHECK(Names(trace, CodeBy::kFunction) ==
        std::vector<std::string>{"code made by process 100 (0x9100) 2", "jit:sum (0x9000) 1",
                                 "solver+0x300 1"});
}

TEST_CASE("Sites: standard allocators are looked through") {
  Profiled trace(SolverSymbols());
  AllocationRecord by_caller = Malloc(1, 0x600000, 64, kPid, 0x401000);
  trace.Add(by_caller, Load(2, 0x600000));
  CHECK(trace.At(0x600000)->name == "make (main.c:5)");
}

TEST_CASE("Sites: of a stack, the innermost call outside the standard allocators") {
  Profiled trace(SolverSymbols());
  trace.SetStack({0x402000, 0x403000});
  AllocationRecord with_stack = Malloc(1, 0x600000, 64);
  with_stack.stack = 1;
  trace.Add(with_stack, Load(2, 0x600000));
  CHECK(trace.At(0x600000)->name == "grow (grow.c:9)");
  CHECK(trace.At(0x600000)->site->offset == 0x3000);
}

TEST_CASE("Sites: two calls of one line are told apart by their places in the file") {
  Symbols symbols = SolverSymbols();
  std::vector<CodeSymbol>& code = symbols.modules[{"/bin/solver", ""}].code;
  code.push_back({.offset = 0x3fff, .frames = {{"grow", "grow.c", 9}}});
  Profiled trace(std::move(symbols));
  trace.Add(Malloc(1, 0x600000, 64, kPid, 0x403000), Malloc(2, 0x601000, 64, kPid, 0x404000),
            Malloc(3, 0x602000, 64, kPid, 0x401000), Load(4, 0x600000), Load(5, 0x601000),
            Load(6, 0x602000));
  auto rows = trace.Rows(ObjectBy::kSite);
  SortRows(rows, RowOrder::kName, 10);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "grow (grow.c:9) at +0x3000");
  CHECK(rows[1].name == "grow (grow.c:9) at +0x4000");
  CHECK(rows[2].name == "make (main.c:5)");
}

TEST_CASE("RowOrder: sorts by each key, most first") {
  std::vector<ObjectRow> rows(2);
  rows[0] = {.name = "a", .count = 1, .bytes = 100};
  rows[0].quantities.estimated_loads = 10;
  rows[0].quantities.time_ns = 1;
  rows[1] = {.name = "b", .count = 5, .bytes = 50};
  rows[1].quantities.estimated_loads = 8;
  rows[1].quantities.time_ns = 2;
  const std::pair<const char*, const char*> expected[] = {
      {"accesses", "a"}, {"time", "b"},  {"loads", "a"}, {"stores", "a"}, {"name", "a"},
      {"size", "a"},     {"bytes", "a"}, {"count", "b"}, {"density", "b"}};
  for (const auto& [key, first] : expected) {
    CAPTURE(key);
    auto sorted = rows;
    SortRows(sorted, *ParseRowOrder(key), 1);
    REQUIRE(sorted.size() == 1);
    CHECK(sorted[0].name == first);
  }
  CHECK_FALSE(ParseRowOrder("colour"));
}

TEST_CASE("DataSource: levels of old and new kernels") {
  CHECK(DataSourceOf(0) == DataSource::kUnknown);
  CHECK(DataSourceOf(std::uint64_t{3} << 33) == DataSource::kL3);
  CHECK(DataSourceOf(std::uint64_t{0xe} << 33) == DataSource::kPersistentMemory);
  CHECK(DataSourceOf((0x08 | 0x02) << 5) == DataSource::kL1);           // L1 hit
  CHECK(DataSourceOf((0x80 | 0x02) << 5) == DataSource::kLocalMemory);  // local RAM hit
  CHECK(DataSourceOf((0x100 | 0x02) << 5) == DataSource::kRemoteMemory);
  CHECK(DataSourceOf((0x40 | 0x04) << 5) == DataSource::kUnknown);  // L3 miss
}

}  // namespace
}  // namespace heimdallr::analysis
