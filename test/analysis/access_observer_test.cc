#include "analysis/access_observer.h"

#include <algorithm>
#include <map>
#include <vector>

#include <catch2/catch.hpp>

#include "profile_records.h"

namespace heimdallr::analysis {
namespace {

constexpr std::uint64_t kHeap = 0x600000;

// Keeps all it is told.
class Witness : public AccessObserver {
 public:
  struct Seen {
    std::uint64_t time_ns = 0;
    std::uint64_t object = 0;
    Unmatched reason = Unmatched::kNone;
    std::uint32_t group = 0;
  };

  void OnAccess(const AccessRecord& record, const AccessShare& /*share*/,
                const Joined& joined) override {
    CHECK(objects.count(joined.object) == 0);
    accesses.push_back({record.time_ns, joined.object, joined.reason, joined.group});
    ++records_of[joined.object];
  }
  void OnFault(const FaultRecord& record, const Joined& joined) override {
    faults.push_back({record.time_ns, joined.object, joined.reason});
  }
  void OnObject(const Object& object) override {
    CHECK(objects.emplace(object.number, object.quantities.records()).second);
  }

  void OnQuietObject(const Object& object) override {
    CHECK(object.number == 0);
    quiet.push_back(object);
  }

  std::vector<Seen> accesses;
  std::vector<Seen> faults;
  std::map<std::uint64_t, std::uint64_t> records_of;
  std::map<std::uint64_t, std::uint64_t> objects;  // records by number
  std::vector<Object> quiet;
};

TEST_CASE("AccessObserver: is told of each access with the object it hit") {
  Witness witness;
  Profiled trace({}, SourceKind::kClock, &witness);
  trace.Add(Malloc(1, kHeap, 64), Malloc(2, kHeap + 0x100, 64), Load(10, kHeap + 0x100),
            Load(11, kHeap), Load(12, kHeap + 0x13f), Load(13, 0x10),
            FaultRecord{.time_ns = 14, .address = kHeap, .pid = kPid, .tid = kPid, .stream = 2});
  trace.End();
  REQUIRE(witness.accesses.size() == 4);
  CHECK(witness.accesses[0].object == 1);
  CHECK(witness.accesses[1].object == 2);
  CHECK(witness.accesses[2].object == 1);
  CHECK(witness.accesses[3].object == 0);
  CHECK(witness.accesses[3].reason == Unmatched::kNullPage);
  REQUIRE(witness.faults.size() == 1);
  CHECK(witness.faults[0].object == 2);
  CHECK(witness.objects == std::map<std::uint64_t, std::uint64_t>{{1, 2}, {2, 1}});
}

TEST_CASE("AccessObserver: hears accesses in their order, also when one is decided later") {
  Witness witness;
  Profiled trace({}, SourceKind::kClock, &witness);
  // The access at 10 is by calloc to the block that is stamped at 12.
  trace.Add(Mapped(0, kHeap, 0x10000, "[heap]"), Malloc(1, kHeap, 64), Load(10, kHeap + 0x110),
            Load(11, kHeap, kPid, kPid + 1), Load(11, kHeap, kPid, kPid + 1));
  trace.Add(Malloc(12, kHeap + 0x100, 64), Load(13, kHeap));
  trace.End();
  REQUIRE(witness.accesses.size() == 4);
  CHECK(witness.accesses[0].time_ns == 10);
  CHECK(witness.accesses[1].time_ns == 11);
  CHECK(witness.accesses[3].time_ns == 13);
  CHECK(witness.accesses[0].reason == Unmatched::kNone);
  CHECK(witness.accesses[0].object != witness.accesses[1].object);
  CHECK(witness.accesses[1].object == witness.accesses[3].object);
}

TEST_CASE("AccessObserver: hears of all objects, those merged into their group included") {
  Witness witness;
  constexpr std::uint64_t kBlocks = 250'000;  // more than are kept one by one
  Profiled trace({}, SourceKind::kClock, &witness);
  for (std::uint64_t i = 0; i < kBlocks; ++i) {
    trace.Add(Malloc(10 * i, kHeap, 64), Load(10 * i + 1, kHeap + 8), Free(10 * i + 2, kHeap));
  }
  trace.End();
  CHECK(witness.accesses.size() == kBlocks);
  CHECK(witness.objects.size() == kBlocks);
  CHECK(witness.records_of == witness.objects);
}

TEST_CASE(
    "AccessObserver: hears of an object behind its accesses, also where those are held back") {
  Witness witness;
  constexpr std::uint64_t kBlocks = 250'000;
  constexpr std::int32_t kOther = kPid + 1;
  Profiled trace({}, SourceKind::kClock, &witness);
  trace.Add(Mapped(0, kHeap, 0x10000, "[heap]"), Malloc(1, kHeap, 64));
  for (std::uint64_t i = 1; i < kBlocks; ++i) {
    // The other thread's access lies between blocks, and nothing decides it for long.
    if (i % 20'000 == 0) trace.Add(Load(10 * i, kHeap + 0x1000, kPid, kOther));
    trace.Add(Malloc(10 * i + 1, kHeap + 0x100, 64), Load(10 * i + 2, kHeap + 0x108));
    // Those with the fewest accesses are merged: let them be the last, whose accesses are held.
    if (i < kBlocks / 2) trace.Add(Load(10 * i + 3, kHeap + 0x108));
    trace.Add(Free(10 * i + 4, kHeap + 0x100));
  }
  trace.End();
  CHECK(witness.objects.size() == kBlocks - 1);
  witness.records_of.erase(0);  // those of no object
  CHECK(witness.records_of == witness.objects);
  CHECK(std::is_sorted(witness.accesses.begin(), witness.accesses.end(),
                       [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; }));
}

TEST_CASE("AccessObserver: is told the group of each object") {
  Witness witness;
  Profiled trace({}, SourceKind::kClock, &witness);
  trace.Add(Malloc(1, kHeap, 64), Malloc(2, kHeap + 0x100, 64),
            Malloc(3, kHeap + 0x200, 64, kPid, kCaller + 16), Load(10, kHeap),
            Load(11, kHeap + 0x100), Load(12, kHeap + 0x200));
  trace.End();
  REQUIRE(witness.accesses.size() == 3);
  CHECK(witness.accesses[0].group == witness.accesses[1].group);
  CHECK(witness.accesses[0].group != witness.accesses[2].group);
}

TEST_CASE("AccessObserver: hears of blocks and mappings that were never accessed, once") {
  Witness witness;
  Profiled trace({}, SourceKind::kClock, &witness);
  trace.Add(Malloc(1, kHeap, 64), Malloc(2, kHeap + 0x100, 80), Malloc(3, kHeap + 0x200, 96),
            Map(4, 0x70000000, 0x4000), Load(10, kHeap), Free(11, kHeap), Free(12, kHeap + 0x100));
  trace.End();
  REQUIRE(witness.quiet.size() == 3);
  CHECK(witness.quiet[0].size == 80);
  CHECK(witness.quiet[0].start_ns == 2);
  CHECK(witness.quiet[0].ended);
  CHECK(witness.quiet[0].end_ns == 12);
  CHECK(witness.quiet[1].size == 96);
  CHECK_FALSE(witness.quiet[1].ended);
  CHECK(witness.quiet[2].address == 0x70000000);
  CHECK(witness.quiet[2].size == 0x4000);
}

TEST_CASE("AccessObserver: no access waits for ever for a thread that allocates no more") {
  Witness witness;
  Profiled trace({}, SourceKind::kClock, &witness);
  trace.Add(Mapped(0, kHeap, 0x10000, "[heap]"), Malloc(1, kHeap, 64),
            Load(2, kHeap + 0x1000, kPid, kPid + 1));
  for (std::uint64_t i = 0; i < 100'000; ++i) trace.Add(Load(3 + i, kHeap));
  CHECK(witness.accesses.size() > 30'000);
  CHECK(witness.accesses[0].reason == Unmatched::kBetweenBlocks);
  trace.End();
  CHECK(witness.accesses.size() == 100'001);
}

}  // namespace
}  // namespace heimdallr::analysis
