#include <catch2/catch.hpp>

#include "analysis/object_map.h"
#include "profile_records.h"

namespace heimdallr::analysis {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kArea = 0x7f0000000000;

AllocationRecord Unmap(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size) {
  return GiveUp(time_ns, AllocationCall::kMunmap, address, size);
}

TEST_CASE("Objects: a mapping that is unmapped in part stays one object with what is left") {
  Profiled trace;
  trace.Add(Mapped(9, kArea, 4 * kPage), Map(10, kArea, 4 * kPage), Load(11, kArea),
            Unmap(20, kArea + kPage, kPage), Load(21, kArea + 3 * kPage), Load(22, kArea + kPage),
            Unmap(30, kArea, 4 * kPage), Load(31, kArea));
  CHECK(trace.RecordsAt(kArea, 10) == 2);
  CHECK(trace.At(kArea, 10)->end_ns == 30);
  CHECK(trace.At(kArea, 10)->type == ObjectType::kMapping);
  CHECK(trace.Missing(Unmatched::kNotMapped) == 2);
}

TEST_CASE("Objects: mremap moves to a new object, and leaves the old when it fails") {
  Profiled trace;
  trace.Add(Map(10, kArea, kPage), GiveUp(20, AllocationCall::kMremap, kArea, kPage),
            Renew(21, AllocationCall::kMremap, kArea + 16 * kPage, 2 * kPage, kArea),
            Load(22, kArea + 17 * kPage), Load(23, kArea),
            GiveUp(30, AllocationCall::kMremap, kArea + 16 * kPage, 2 * kPage),
            Renew(31, AllocationCall::kMremap, 0, 64 * kPage, kArea + 16 * kPage),
            Load(32, kArea + 16 * kPage));
  CHECK(trace.RecordsAt(kArea + 16 * kPage, 21) == 2);
  CHECK(trace.RecordsAt(kArea, 10) == 0);
  CHECK(trace.Missing(Unmatched::kNotMapped) == 1);
}

TEST_CASE("Objects: a file the program maps is named after the file, with its site") {
  Profiled trace;
  trace.Add(Mapped(9, kArea, 2 * kPage, "/data/input"), Map(10, kArea, 2 * kPage),
            Load(11, kArea + kPage));
  const auto row = trace.At(kArea, 10);
  REQUIRE(row);
  CHECK(row->type == ObjectType::kFile);
  CHECK(row->name == "/data/input");
  CHECK(row->site->module == "/bin/solver");
}

TEST_CASE("Objects: a mapping of the kernel that grows stays one object") {
  Profiled trace;
  trace.Add(Mapped(10, kArea, kPage), Load(11, kArea), Mapped(12, kArea, 3 * kPage),
            Load(13, kArea + 2 * kPage));
  CHECK(trace.RecordsAt(kArea) == 2);
  CHECK(trace.At(kArea)->bytes == 3 * kPage);
}

TEST_CASE("Objects: a block covers the mapping it lies in") {
  Profiled trace;
  trace.Add(Map(10, kArea, 16 * kPage), Malloc(11, kArea + kPage, 64), Load(12, kArea + kPage),
            Load(13, kArea));
  CHECK(trace.At(kArea + kPage, 11)->type == ObjectType::kHeap);
  CHECK(trace.At(kArea, 10)->type == ObjectType::kMapping);
}

// Two variables and the rest of .bss of a module of one page of file and two of .bss.
Symbols WithData(const std::string& path, std::uint64_t first_mapped_offset) {
  Symbols symbols;
  symbols.modules[{path, ""}] = {
      .path = path,
      .first_mapped_offset = first_mapped_offset,
      .data = {
          {.offset = 0x800, .size = 8, .name = "counter"},
          {.offset = kPage, .size = 2 * kPage, .name = ".bss", .kind = DataSymbol::Kind::kSection},
          {.offset = kPage + 0x100, .size = 0x80, .name = "table"}}};
  return symbols;
}

TEST_CASE("Objects: variables are found from where their module lies, .bss included") {
  // As an executable at a fixed address, as a position-independent one, as a library.
  const std::uint64_t base = GENERATE(0x800000, 0x555555554000, 0x7f1234000000);
  Profiled trace(WithData("/bin/data", 0));
  trace.Add(Mapped(10, base, kPage, "/bin/data"), Mapped(11, base + kPage, 2 * kPage),
            Load(12, base + 0x804), Load(13, base + kPage + 0x17f), Load(14, base + kPage + 0x180),
            Load(15, base + 0x900));
  CHECK(trace.At(base + 0x800)->name == "counter");
  CHECK(trace.At(base + 0x800)->type == ObjectType::kGlobal);
  CHECK(trace.At(base + kPage + 0x100)->name == "table");
  CHECK(trace.At(base + kPage)->type == ObjectType::kSection);
  CHECK(trace.At(base + kPage)->name == "data .bss");
  CHECK(trace.At(base)->type == ObjectType::kFile);
}

TEST_CASE("Objects: the module's base is the mapping that begins at its first mapped offset") {
  Profiled trace(WithData("/bin/data", 0x2000));
  trace.Add(Mapped(10, kArea, kPage, "/bin/data", 0x1000),
            Mapped(11, kArea + kPage, kPage, "/bin/data", 0x2000), Load(12, kArea + 0x800),
            Load(13, kArea + kPage + 0x800));
  CHECK(trace.At(kArea + kPage + 0x800)->name == "counter");
  CHECK(trace.RecordsAt(kArea) == 1);
}

TEST_CASE("Objects: a module that another file has taken the place of has no variables") {
  Profiled trace(WithData("/bin/data", 0));
  trace.Add(Mapped(10, kArea, 3 * kPage, "/bin/data"), Mapped(20, kArea, 3 * kPage, "/lib/other"),
            Load(21, kArea + 0x800));
  CHECK_FALSE(trace.At(kArea + 0x800));
  CHECK(trace.At(kArea)->name == "/lib/other");
}

TEST_CASE("Objects: a thread's stack is the mapping that holds its top, until the thread ends") {
  constexpr std::int32_t kThread = kPid + 5;
  Profiled trace;
  // Guard page, then the stack; thread-local data and the thread's control block at its end.
  const std::uint64_t start = kArea + kPage;
  const std::uint64_t end = start + 64 * kPage;
  const std::uint64_t thread_pointer = end - 0x940;
  trace.Add(Mapped(9, start, 80 * kPage),
            ThreadRecord{.time_ns = 10,
                         .thread_pointer = thread_pointer,
                         .stack_top = thread_pointer,
                         .pid = kPid,
                         .tid = kThread,
                         .event = ThreadEvent::kLayout},
            Load(11, start + 100, kPid, kThread), Load(12, thread_pointer + 0x100), Load(13, end),
            ThreadRecord{.time_ns = 20, .pid = kPid, .tid = kThread, .event = ThreadEvent::kExit},
            Load(21, start + 100));
  const auto rows = trace.Rows(ObjectBy::kObject);
  const auto stack = std::find_if(rows.begin(), rows.end(), [](const ObjectRow& row) {
    return row.type == ObjectType::kStack;
  });
  REQUIRE(stack != rows.end());
  CHECK(stack->name == "stack of thread " + std::to_string(kThread));
  CHECK(stack->quantities.records() == 2);
  CHECK(stack->bytes == 64 * kPage);
  CHECK(stack->end_ns == 20);
}

TEST_CASE("Objects: the first thread's stack grows down unreported") {
  constexpr std::uint64_t kStack = 0x7ffe00000000;
  Profiled trace;
  trace.Add(Mapped(1, kStack, 33 * kPage, "[stack]"), Load(10, kStack + 8),
            Load(11, kStack - (4 << 20)), Load(12, kStack - (1ULL << 30)));
  CHECK(trace.RecordsAt(kStack) == 2);
  CHECK(trace.Missing(Unmatched::kNotMapped) == 1);
}

TEST_CASE("Objects: the kernel's pages, the null page, and unknown processes") {
  Profiled trace;
  trace.Add(Mapped(1, kArea, kPage, "[vdso]"), Load(2, kArea + 1), Load(3, 0xffffffffff600400),
            Load(4, 0x10), Load(5, kArea, 4711));
  const auto rows = trace.Rows(ObjectBy::kType);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].type == ObjectType::kVdso);
  CHECK(rows[0].quantities.records() == 2);
  CHECK(trace.Missing(Unmatched::kNullPage) == 1);
  CHECK(trace.Missing(Unmatched::kProcessUnknown) == 1);
}

}  // namespace
}  // namespace heimdallr::analysis
