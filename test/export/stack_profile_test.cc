#include "export/stack_profile.h"

#include <string>

#include <catch2/catch.hpp>

#include "export/flame_formats.h"
#include "recorded.h"

namespace heimdallr::exports {
namespace {

std::string Collapsed(Recorded& recorded, FlameValue value, const Selection& selection = {}) {
  StringSink sink;
  REQUIRE(WriteCollapsed(recorded, selection, value, sink).ok());
  return sink.text();
}

// Two blocks of 100 bytes and one of 1000 by one caller; one of the small ones is freed.
void AddThreeBlocks(Recorded& recorded) {
  recorded.Add(Malloc(10, 0x5000, 100), Malloc(20, 0x6000, 100), Malloc(30, 0x7000, 1000),
               Free(40, 0x6000));
  recorded.NameCall(kText + 0x10, {{"make", "make.c", 7}, {"main", "main.c", 3}});
}

}  // namespace

TEST_CASE("StackProfile: sums what one stack allocated and what of it was never freed") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  StackProfile profile(recorded, {});
  CHECK(profile.Read().end.ok());
  REQUIRE(profile.allocations().size() == 1);
  const AllocationStack& stack = profile.allocations()[0];
  CHECK(stack.allocations == 3);
  CHECK(stack.bytes == 1200);
  CHECK(stack.live_blocks == 2);
  CHECK(stack.live_bytes == 1100);
}

TEST_CASE("StackProfile: blocks of a process that ended were never freed") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  recorded.Add(ProcessRecord{.time_ns = 50, .pid = kPid, .event = ProcessEvent::kExit});
  StackProfile profile(recorded, {});
  (void)profile.Read();
  REQUIRE(profile.allocations().size() == 1);
  CHECK(profile.allocations()[0].live_bytes == 1100);
}

TEST_CASE("StackProfile: of a selected time, allocations in it and what is live at its end") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  StackProfile profile(recorded, {.time_ns = {.begin = 15, .end = 35}});
  (void)profile.Read();
  REQUIRE(profile.allocations().size() == 1);
  CHECK(profile.allocations()[0].allocations == 2);
  CHECK(profile.allocations()[0].bytes == 1100);
  CHECK(profile.allocations()[0].live_bytes == 1200);
}

TEST_CASE("StackProfile: of selected addresses, the blocks that reach into them") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  StackProfile profile(recorded, {.address = {.begin = 0x6050, .end = 0x6080}});
  (void)profile.Read();
  REQUIRE(profile.allocations().size() == 1);
  CHECK(profile.allocations()[0].bytes == 100);
  CHECK(profile.allocations()[0].live_bytes == 0);
}

TEST_CASE("StackProfile: another process selects nothing") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  StackProfile profile(recorded, {.pid = kPid + 1});
  (void)profile.Read();
  CHECK(profile.allocations().empty());
}

TEST_CASE("StackProfile: a realloc that failed frees nothing") {
  Recorded recorded;
  recorded.Add(Malloc(10, 0x5000, 100));
  AllocationRecord give_up = Free(20, 0x5000);
  give_up.call = AllocationCall::kRealloc;
  AllocationRecord failed = Malloc(21, 0, 1 << 30);
  failed.old_address = 0x5000;
  failed.call = AllocationCall::kRealloc;
  recorded.Add(give_up, failed);
  StackProfile profile(recorded, {});
  (void)profile.Read();
  REQUIRE(profile.allocations().size() == 1);
  CHECK(profile.allocations()[0].live_bytes == 100);
  CHECK(profile.allocations()[0].allocations == 1);
}

TEST_CASE("Collapsed: frames outermost first, with inlined functions") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  CHECK(Collapsed(recorded, FlameValue::kBytes) == "main;make 1200\n");
}

TEST_CASE("Collapsed: a recorded stack gives a frame for each call") {
  Recorded recorded;
  AllocationRecord record = Malloc(10, 0x5000, 64);
  record.stack = recorded.AddStack({kText + 0x10, kText + 0x20});
  recorded.Add(record);
  recorded.NameCall(kText + 0x10, {{"leaf", "", 0}});
  recorded.NameCall(kText + 0x20, {{"root", "", 0}});
  CHECK(Collapsed(recorded, FlameValue::kAllocations) == "root;leaf 1\n");
}

TEST_CASE("Collapsed: stacks of the same names are one line, and lines are in order") {
  Recorded recorded;
  recorded.NameCall(kText + 0x10, {{"b", "", 0}});
  recorded.NameCall(kText + 0x20, {{"a;x", "", 0}});
  recorded.NameCall(kText + 0x30, {{"a:x", "", 0}});
  recorded.NameCall(kText + 0x40, {{"leaf", "", 0}});
  for (const std::uint64_t outer : {0x10, 0x20, 0x30}) {
    AllocationRecord record = Malloc(outer, outer * 0x1000, outer);
    record.stack = recorded.AddStack({kText + 0x40, kText + outer});
    recorded.Add(record);
  }
  CHECK(Collapsed(recorded, FlameValue::kBytes) == "a:x;leaf 80\nb;leaf 16\n");
}

TEST_CASE("Collapsed: accesses end in their object, and count weight times period") {
  Recorded recorded;
  AddThreeBlocks(recorded);
  recorded.NameCode(kText + 0x20, {{"walk", "walk.c", 9}});
  recorded.Add(Access(50, 0x7008, AccessKind::kLoad), Access(60, 0x7010, AccessKind::kLoadStore),
               Access(70, 0x5000, AccessKind::kStore, 5));
  CHECK(Collapsed(recorded, FlameValue::kLoads) == "walk;[heap: make (make.c:7)] 20\n");
}

TEST_CASE("Collapsed: an access to no object says why") {
  Recorded recorded;
  recorded.NameCode(kText + 0x20, {{"walk", "walk.c", 9}});
  recorded.Add(Access(50, 8, AccessKind::kStore));
  CHECK(Collapsed(recorded, FlameValue::kStores) == "walk;[none: null_page] 10\n");
}

TEST_CASE("Collapsed: hostile names stay in their frame and line") {
  Recorded recorded;
  recorded.Add(Malloc(10, 0x5000, 64));
  recorded.NameCall(kText + 0x10, {{"a;b\nc\xff 7", "", 0}});
  CHECK(Collapsed(recorded, FlameValue::kBytes) == "a:b\\x0ac\\xff 7 64\n");
}

TEST_CASE("Collapsed: nothing recorded gives nothing") {
  Recorded recorded;
  CHECK(Collapsed(recorded, FlameValue::kTime).empty());
}

}  // namespace heimdallr::exports
