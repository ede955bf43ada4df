#include "recorder/allocation_stream.h"

#include <array>
#include <vector>

#include <catch2/catch.hpp>

#include "recorder/address_spaces.h"
#include "recorder/loss_ledger.h"
#include "recorder/process_tracker.h"
#include "recorder/symbol_collector.h"
#include "recorder/thread_pointers.h"
#include "written_trace.h"

namespace heimdallr::recorder {
namespace {

using channel::EventCode;
using channel::EventRecord;
using channel::MakeTag;

EventCode Code(AllocationCall call) { return static_cast<EventCode>(call); }

struct Fixture {
  explicit Fixture(AllocationStream::TagMeaning tags = AllocationStream::TagMeaning::kCaller)
      : stream({trace.writer(), tracker, losses, symbols, thread_pointers, clock}, tags, 1000) {}

  void Send(const std::vector<EventRecord>& events) { stream.OnEvents(owner, events); }

  WrittenTrace trace;
  LossLedger losses;
  AddressSpaces spaces;
  SymbolCollector symbols{spaces};
  ThreadPointers thread_pointers;
  ProcessTracker tracker{trace.writer(), losses, spaces, ProcessTracker::Interposer::kExpected,
                         ProcessTracker::KernelReports::kYes};
  channel::ClockSync clock{channel::ChannelClock::kMonotonic};
  channel::RingOwner owner{.owner = 1, .image = 9, .pid = 70, .tid = 71};
  AllocationStream stream;
};

}  // namespace

TEST_CASE("AllocationStream: a malloc and its free keep every field") {
  Fixture f;
  f.Send({{1500, 0xa0, 24, MakeTag(Code(AllocationCall::kMalloc), 0x401234, 1)},
          {1700, 0xa0, 0, MakeTag(Code(AllocationCall::kFree), 0x401300, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 2);
  CHECK(records[0].time_ns == 500);
  CHECK(records[0].address == 0xa0);
  CHECK(records[0].size == 24);
  CHECK(records[0].caller == 0x401234);
  CHECK(records[0].pid == 70);
  CHECK(records[0].tid == 71);
  CHECK(records[0].call == AllocationCall::kMalloc);
  CHECK(records[0].event == AllocationEvent::kAllocate);
  CHECK(records[1].time_ns == 700);
  CHECK(records[1].event == AllocationEvent::kDeallocate);
}

TEST_CASE("AllocationStream: the halves of a realloc make two records that know each other") {
  Fixture f;
  f.Send({{1500, 0xa0, 0, MakeTag(EventCode::kReallocBegin, 7, 1)}});
  f.Send({{1600, 0xb0, 99, MakeTag(Code(AllocationCall::kRealloc), 7, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 2);
  CHECK(records[0].event == AllocationEvent::kDeallocate);
  CHECK(records[0].call == AllocationCall::kRealloc);
  CHECK(records[0].address == 0xa0);
  CHECK(records[1].event == AllocationEvent::kAllocate);
  CHECK(records[1].old_address == 0xa0);
  CHECK(records[1].size == 99);
}

TEST_CASE(
    "AllocationStream: calls of a signal handler inside a realloc do not take its old block") {
  Fixture f;
  f.Send({{1500, 0xa0, 0, MakeTag(EventCode::kReallocBegin, 7, 1)},
          {1510, 0xc0, 8, MakeTag(Code(AllocationCall::kMalloc), 8, 1)},
          {1600, 0xb0, 99, MakeTag(Code(AllocationCall::kRealloc), 7, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 3);
  CHECK(records[1].old_address == 0);
  CHECK(records[2].old_address == 0xa0);
}

TEST_CASE("AllocationStream: a block's size has the memory that served it in its top byte") {
  Fixture f;
  const auto tagged = [](std::uint64_t memory, std::uint64_t size) { return memory << 56 | size; };
  f.Send({{1500, 0xa0, tagged(1, 24), MakeTag(Code(AllocationCall::kMalloc), 7, 1)},
          {1501, 0xb0, tagged(2, 0), MakeTag(Code(AllocationCall::kOperatorNewArray), 7, 1)},
          {1502, 0xc0, tagged(0, 5), MakeTag(Code(AllocationCall::kCalloc), 7, 1)},
          {1503, 0xd0, tagged(1, 6), MakeTag(Code(AllocationCall::kPosixMemalign), 7, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 4);
  CHECK(int{records[0].memory} == 1);
  CHECK(records[0].size == 24);
  CHECK(int{records[1].memory} == 2);
  CHECK(records[1].size == 0);
  CHECK(int{records[2].memory} == 0);
  CHECK(records[2].size == 5);
  CHECK(int{records[3].memory} == 1);
  CHECK(f.stream.blocks_by_memory() == std::array<std::uint64_t, 3>{1, 2, 1});
}

TEST_CASE("AllocationStream: failed calls, mappings and frees keep their whole size") {
  Fixture f;
  const std::uint64_t huge = ~std::uint64_t{0};
  f.Send({{1500, 0, huge, MakeTag(Code(AllocationCall::kMalloc), 7, 1)},
          {1501, 0xb000, huge, MakeTag(Code(AllocationCall::kMmap), 7, 1)},
          {1502, 0xb000, huge, MakeTag(Code(AllocationCall::kMunmap), 7, 1)},
          {1503, 0xb000, huge, MakeTag(Code(AllocationCall::kSbrk), 7, 1)}});
  for (const auto& record : f.trace.Read<AllocationRecord>()) {
    CHECK(record.size == huge);
    CHECK(int{record.memory} == 0);
  }
  CHECK(f.stream.blocks_by_memory() == std::array<std::uint64_t, 3>{0, 0, 0});
}

TEST_CASE("AllocationStream: a memory that does not exist is counted, and the record kept") {
  Fixture f;
  f.Send({{1500, 0xa0, std::uint64_t{3} << 56 | 9, MakeTag(Code(AllocationCall::kMalloc), 7, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].size == 9);
  CHECK(int{records[0].memory} == 0);
  CHECK(f.losses.total(LossKind::kCorruptRecord) == 1);
}

TEST_CASE("AllocationStream: a stack is named by events after its definition") {
  Fixture f(AllocationStream::TagMeaning::kStack);
  const std::uint64_t hash = 0xabcdef;
  f.Send({{0, 4, 0, MakeTag(EventCode::kStackDefinition, hash, 1)},
          {0x11, 0x22, 0x33, MakeTag(EventCode::kStackFrames, 0, 1)}});
  f.Send({{0x44, 0, 0, MakeTag(EventCode::kStackFrames, 0, 1)},
          {1500, 0xa0, 24, MakeTag(Code(AllocationCall::kMalloc), hash, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].caller == 0x11);
  const auto frames = f.trace.reader().Stack(records[0].stack);
  CHECK(std::vector(frames.begin(), frames.end()) ==
        std::vector<std::uint64_t>{0x11, 0x22, 0x33, 0x44});
}

TEST_CASE("AllocationStream: the first event of an image reports it in, later threads do not") {
  Fixture f;
  f.Send({{1100, 0x7000, 0x8000, MakeTag(EventCode::kThreadStart, 0, 1)}});
  f.owner.tid = 72;
  f.owner.owner = 2;
  f.Send({{1200, 0x9000, 0, MakeTag(EventCode::kThreadStart, 0, 1)}});
  const auto processes = f.trace.Read<ProcessRecord>();
  REQUIRE(processes.size() == 1);
  CHECK(processes[0].event == ProcessEvent::kAttach);
  const auto threads = f.trace.Read<ThreadRecord>();
  REQUIRE(threads.size() == 2);
  CHECK(threads[0].thread_pointer == 0x7000);
  CHECK(threads[0].stack_top == 0x8000);
}

TEST_CASE("AllocationStream: memory given back by brk is a deallocation of that call") {
  Fixture f;
  f.Send({{1500, 0xa000, 4096, MakeTag(EventCode::kSbrkShrink, 7, 1)}});
  const auto records = f.trace.Read<AllocationRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].call == AllocationCall::kSbrk);
  CHECK(records[0].event == AllocationEvent::kDeallocate);
  CHECK(records[0].size == 4096);
}

}  // namespace heimdallr::recorder
