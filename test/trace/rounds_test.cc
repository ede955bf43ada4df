// Order of records across blocks, kinds and rounds, and what a reader keeps in memory.

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "heimdallr/trace_reader.h"
#include "temporary_folder.h"
#include "trace/format.h"
#include "trace/round_index.h"
#include "trace/round_merger.h"
#include "trace/trace_writer.h"
#include "trace_files.h"

namespace heimdallr::trace {
namespace {

TraceWriter NewWriter(const std::string& path) {
  auto writer = TraceWriter::Create(path, TraceHeader{}, Compression::kNone, Overwrite::kReplace);
  REQUIRE(writer.ok());
  return *std::move(writer);
}

AllocationRecord At(std::uint64_t time_ns, std::int32_t tid = 1) {
  return {.time_ns = time_ns, .address = 16, .size = 8, .pid = 1, .tid = tid};
}

using Times = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("Rounds: records of all threads are merged by time") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  for (const std::uint64_t time : {1, 4, 7}) writer.Add(At(time, 1));
  for (const std::uint64_t time : {2, 5, 8}) writer.Add(At(time, 2));
  for (const std::uint64_t time : {3, 6, 9}) writer.Add(AccessRecord{.time_ns = time});
  REQUIRE(writer.Finish({}).ok());
  CHECK(Read(folder.File("t")).times_ns == Times{1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("Rounds: records after the watermark wait for the next round") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  for (const std::uint64_t time : {10, 20, 30}) writer.Add(At(time, 1));
  REQUIRE(writer.EndRound(15).ok());
  for (const std::uint64_t time : {15, 25, 35}) writer.Add(At(time, 2));
  REQUIRE(writer.EndRound(30).ok());
  writer.Add(At(32, 3));
  REQUIRE(writer.Finish({}).ok());
  const ReadTrace read = Read(folder.File("t"));
  CHECK(read.times_ns == Times{10, 15, 20, 25, 30, 32, 35});
  CHECK(read.extent.late_records == 0);
}

TEST_CASE("Rounds: late records are returned when they are found, and counted") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  for (const std::uint64_t time : {10, 20}) writer.Add(At(time, 1));
  REQUIRE(writer.EndRound(30).ok());
  for (const std::uint64_t time : {15, 29, 40}) writer.Add(At(time, 2));
  REQUIRE(writer.Finish({}).ok());
  const ReadTrace read = Read(folder.File("t"));
  CHECK(read.status.ok());
  CHECK(read.times_ns == Times{10, 20, 15, 29, 40});
  CHECK(read.extent.late_records == 2);
}

TEST_CASE("Rounds: a watermark that goes back changes nothing") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  writer.Add(At(10));
  REQUIRE(writer.EndRound(30).ok());
  writer.Add(At(40));
  REQUIRE(writer.EndRound(20).ok());
  writer.Add(At(25));
  REQUIRE(writer.Finish({}).ok());
  const ReadTrace read = Read(folder.File("t"));
  CHECK(read.times_ns == Times{10, 25, 40});
  CHECK(read.extent.late_records == 1);
}

TEST_CASE("Rounds: records of one thread with equal times keep their order") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  // realloc: the old block is given up, then the new one is there, in the same nanosecond. More
  // than one block of them, and a second thread in between.
  for (std::uint64_t i = 0; i < 3000; ++i) {
    writer.Add(AllocationRecord{.time_ns = 7,
                                .address = i,
                                .pid = 1,
                                .tid = 1,
                                .call = AllocationCall::kRealloc,
                                .event = AllocationEvent::kDeallocate});
    writer.Add(AllocationRecord{.time_ns = 7,
                                .address = i + 1,
                                .size = 8,
                                .old_address = i,
                                .pid = 1,
                                .tid = 1,
                                .call = AllocationCall::kRealloc});
    writer.Add(At(7, 2));
  }
  REQUIRE(writer.Finish({}).ok());
  auto reader = TraceReader::Open(folder.File("t"));
  REQUIRE(reader.ok());
  std::uint64_t seen = 0;
  bool in_order = true;
  while (const Record* record = reader->Next().value()) {
    const auto& allocation = std::get<AllocationRecord>(*record);
    if (allocation.tid != 1) continue;
    const bool first_half = seen % 2 == 0;
    in_order &= allocation.address == (seen + 1) / 2;
    in_order &= (allocation.event == AllocationEvent::kDeallocate) == first_half;
    ++seen;
  }
  CHECK(seen == 6000);
  CHECK(in_order);
}

TEST_CASE(
    "Rounds: at equal times a process comes before its mappings, those before what is in them") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  writer.Add(LossRecord{.time_ns = 1});
  writer.Add(AccessRecord{.time_ns = 1});
  writer.Add(FaultRecord{.time_ns = 1});
  writer.Add(At(1));
  writer.Add(StatisticsRecord{.time_ns = 1});
  writer.Add(MappingRecord{.time_ns = 1});
  writer.Add(ThreadRecord{.time_ns = 1});
  writer.Add(ProcessRecord{.time_ns = 1});
  REQUIRE(writer.Finish({}).ok());
  std::vector<std::string> kinds;
  for (const std::string& record : Read(folder.File("t")).records) {
    kinds.push_back(record.substr(0, record.find(' ')));
  }
  CHECK(kinds == std::vector<std::string>{"process", "thread", "mapping", "allocation", "fault",
                                          "access", "loss", "statistics"});
}

TEST_CASE("Rounds: a thread whose times go back is put in order all the same") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  for (const std::uint64_t time : {5, 3, 4, 3, 9, 1}) writer.Add(At(time));
  REQUIRE(writer.Finish({}).ok());
  CHECK(Read(folder.File("t")).times_ns == Times{1, 3, 3, 4, 5, 9});
}

TEST_CASE("Rounds: random rounds of many threads come back in order") {
  const TemporaryFolder folder;
  std::mt19937_64 random(3);
  Times expected;
  TraceWriter writer = NewWriter(folder.File("t"));
  for (std::uint64_t round = 0; round < 50; ++round) {
    const std::int32_t threads = 1 + static_cast<std::int32_t>(random() % 40);
    for (std::int32_t tid = 0; tid < threads; ++tid) {
      // A round may run half a round ahead of its watermark.
      std::uint64_t time_ns = round * 1000;
      while ((time_ns += random() % 50) < round * 1000 + 1500) {
        writer.Add(At(time_ns, tid));
        expected.push_back(time_ns);
      }
    }
    REQUIRE(writer.EndRound((round + 1) * 1000).ok());
  }
  REQUIRE(writer.Finish({}).ok());
  std::sort(expected.begin(), expected.end());
  const ReadTrace read = Read(folder.File("t"));
  CHECK(read.extent.late_records == 0);
  CHECK(read.times_ns == expected);
}

TEST_CASE("TraceWriter: a round is full after 256 Ki records and empty after its end") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t"));
  for (std::uint64_t i = 0; i < kFullRoundRecords - 1; ++i) writer.Add(At(i));
  CHECK_FALSE(writer.RoundIsFull());
  writer.Add(At(kFullRoundRecords));
  CHECK(writer.RoundIsFull());
  REQUIRE(writer.EndRound(kFullRoundRecords).ok());
  CHECK_FALSE(writer.RoundIsFull());
}

TEST_CASE("TraceReader: a file without rounds is read in bounded memory") {
  const TemporaryFolder folder;
  constexpr std::uint64_t kCount = 5'000'000;  // 520 MB as decoded records
  {
    TraceWriter writer = NewWriter(folder.File("t"));
    for (std::uint64_t i = 0; i < kCount; ++i) writer.Add(At(i));
    REQUIRE(writer.Finish({}).ok());
  }
  auto reader = TraceReader::Open(folder.File("t"));
  REQUIRE(reader.ok());
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  std::uint64_t count = 0;
  while (const Record* record = reader->Next().value()) count += TimeNs(*record) == count ? 1 : 0;
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  CHECK(count == kCount);
  CHECK(reader->extent().late_records == 0);
#ifdef __SANITIZE_ADDRESS__
  constexpr long kMostKiB = 480 * 1024;  // it keeps what was freed for a while
#else
  constexpr long kMostKiB = 160 * 1024;
#endif
  CHECK(after.ru_maxrss - before.ru_maxrss < kMostKiB);
}

TEST_CASE("RoundMerger: memory counts down as blocks are returned") {
  RoundMerger merger;
  RecordBlock& block = merger.NewBlock();
  for (std::uint64_t i = 0; i < 10; ++i) block.Add(At(i));
  merger.Add(ChunkKind::kAllocationBlock, block);
  CHECK(merger.buffered_bytes() >= 10 * sizeof(Record));
  CHECK(merger.Next() == nullptr);  // nothing is released yet
  merger.ReleaseBefore(5);
  int returned = 0;
  while (merger.Next() != nullptr) ++returned;
  CHECK(returned == 5);
  merger.ReleaseAll();
  while (merger.Next() != nullptr) ++returned;
  CHECK(returned == 10);
  CHECK(merger.buffered_bytes() == 0);
}

TEST_CASE("RoundIndex: however many rounds, entries stay few and cover them all") {
  RoundIndex index;
  constexpr std::uint64_t kRounds = 100'000;
  for (std::uint64_t i = 0; i < kRounds; ++i) {
    index.Add(
        {.offset = 100 * i, .first_time_ns = 10 * i, .last_time_ns = 10 * i + 9, .records = 3});
  }
  CHECK(index.entries().size() <= RoundIndex::kMaxEntries);
  CHECK(index.entries().size() > RoundIndex::kMaxEntries / 4);
  std::uint64_t records = 0;
  std::uint64_t next_ns = 0;
  for (const RoundEntry& entry : index.entries()) {
    CHECK(entry.first_time_ns == next_ns);
    CHECK(entry.offset == 10 * next_ns);
    next_ns = entry.last_time_ns + 1;
    records += entry.records;
  }
  CHECK(next_ns == 10 * kRounds);
  CHECK(records == 3 * kRounds);
}

}  // namespace heimdallr::trace
