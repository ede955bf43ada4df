// What goes into a trace comes out of it, every field of every kind.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "heimdallr/trace_reader.h"
#include "temporary_folder.h"
#include "trace/format.h"
#include "trace/trace_writer.h"
#include "trace_files.h"

namespace heimdallr::trace {
namespace {

TraceWriter NewWriter(const std::string& path, Compression compression = Compression::kNone,
                      const TraceHeader& header = FullHeader()) {
  auto writer = TraceWriter::Create(path, header, compression, Overwrite::kReplace);
  REQUIRE(writer.status().ToString() == "OK");
  return *std::move(writer);
}

}  // namespace

TEST_CASE("Trace: random records of all kinds come back whole, in order of time") {
  const auto compression = GENERATE(Compression::kNone, Compression::kZstd);
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  RandomRecords random(1);
  std::vector<std::string> expected;
  TraceWriter writer = NewWriter(path, compression);
  for (int i = 0; i < 100'000; ++i) {
    const Record record = random.Next();
    expected.push_back(ToText(record));
    AddTo(writer, record);
    if (i % 30'000 == 29'999) REQUIRE(writer.EndRound(TimeNs(record)).ok());
  }
  REQUIRE(writer.Finish({}).ok());
  CHECK(writer.totals().records == 100'000);
  CHECK(writer.totals().bytes == ReadFile(path).size());

  const ReadTrace read = Read(path);
  CHECK(read.status.ToString() == "OK");
  CHECK(read.extent.finished);
  CHECK_FALSE(read.extent.cut);
  CHECK(read.extent.late_records == 0);
  CHECK(read.extent.records == 100'000);
  CHECK(read.extent.good_bytes == read.extent.file_bytes);
  CHECK(read.records == expected);
}

TEST_CASE("Trace: the header and the recorder's statistics come back") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  TraceWriter writer = NewWriter(path);
  REQUIRE(
      writer.Finish({.user_ns = 1, .system_ns = 2, .wall_ns = 3, .ticks = 4, .channel_events = 5})
          .ok());

  const ReadTrace read = Read(path);
  const TraceHeader expected = FullHeader();
  CHECK(read.header.format_version == kFormatVersion);
  CHECK(read.header.tool_version == expected.tool_version);
  CHECK(read.header.host == expected.host);
  CHECK(read.header.kernel == expected.kernel);
  CHECK(read.header.processor == expected.processor);
  CHECK(read.header.online_cpus == expected.online_cpus);
  CHECK(read.header.page_size_bytes == expected.page_size_bytes);
  CHECK(read.header.start_realtime_ns == expected.start_realtime_ns);
  CHECK(read.header.start_monotonic_ns == expected.start_monotonic_ns);
  CHECK(read.header.pid == expected.pid);
  CHECK(read.header.command_line == expected.command_line);
  CHECK(read.header.working_directory == expected.working_directory);
  CHECK(read.header.environment == expected.environment);
  CHECK(read.header.allocations == expected.allocations);
  CHECK(read.header.dry_run == expected.dry_run);
  CHECK(read.header.stack_depth == expected.stack_depth);
  CHECK(read.header.origin == expected.origin);
  REQUIRE(read.header.streams.size() == 2);
  const StreamInfo& stream = read.header.streams[0];
  CHECK(stream.id == 1);
  CHECK(stream.source == SourceKind::kClock);
  CHECK(stream.name == "clock");
  CHECK(stream.event == "cpu-clock:u");
  CHECK(stream.period == 1'000'000);
  CHECK(stream.frequency_hz == 1000);
  CHECK(stream.precise_level == 2);
  CHECK(stream.minimum_latency_cycles == 30);
  CHECK(stream.may_batch);
  CHECK(read.header.success_status == 3);
  CHECK(read.header.streams[1].id == 255);
  CHECK(read.header.streams[1].source == SourceKind::kFaults);
  REQUIRE(read.header.memories.size() == 2);
  CHECK(read.header.memories[0].id == 0);
  CHECK(read.header.memories[0].name == "node:0,2");
  CHECK(read.header.memories[0].nodes == std::vector<std::uint32_t>{0, 2});
  CHECK(read.header.memories[1].id == 255);
  CHECK(read.header.memories[1].name == "pmem:/mnt/\xff");
  CHECK(read.header.memories[1].nodes.empty());
  REQUIRE(read.header.nodes.size() == 2);
  CHECK(read.header.nodes[0].id == 0);
  CHECK(read.header.nodes[0].memory_bytes == 12'884'901'888);
  CHECK(read.header.nodes[0].cpus == std::vector<std::uint32_t>{0, 1, 300});
  CHECK(read.header.nodes[0].distances == std::vector<std::uint32_t>{10, 17});
  CHECK(read.header.nodes[1].id == 2);
  CHECK(read.header.nodes[1].cpus.empty());
  REQUIRE(read.statistics.has_value());
  CHECK(read.statistics->user_ns == 1);
  CHECK(read.statistics->system_ns == 2);
  CHECK(read.statistics->wall_ns == 3);
  CHECK(read.statistics->ticks == 4);
  CHECK(read.statistics->channel_events == 5);
}

TEST_CASE("Trace: a command line of more than 1 MiB is cut and says so") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  TraceHeader header;
  header.command_line.assign(1000, std::string(10'000, 'x'));
  REQUIRE(NewWriter(path, Compression::kNone, header).Finish({}).ok());

  const ReadTrace read = Read(path);
  REQUIRE(read.status.ok());
  REQUIRE(read.header.command_line.size() > 100);
  CHECK(read.header.command_line[100] == std::string(10'000, 'x'));
  CHECK(read.header.command_line.size() == 105);  // 104 whole arguments of 10 008 bytes, the mark
  CHECK(read.header.command_line.back() == "[...]");
}

TEST_CASE("Trace: the nodes of a huge machine fit into the header, without their distances") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  TraceHeader header;
  for (std::uint32_t id = 0; id < 4096; ++id) {
    header.nodes.push_back({.id = id, .distances = std::vector<std::uint32_t>(4096, 200)});
  }
  REQUIRE(NewWriter(path, Compression::kNone, header).Finish({}).ok());

  const ReadTrace read = Read(path);
  REQUIRE(read.status.ok());
  REQUIRE(read.header.nodes.size() == 4096);
  CHECK(read.header.nodes[4095].id == 4095);
  CHECK(read.header.nodes[4095].distances.empty());
}

TEST_CASE("Trace: each allocation says which memory served it") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  TraceWriter writer = NewWriter(path);
  // Of one call, with the largest stack id that there is: none of them spoils the other.
  for (const int memory : {1, 2, 0, 255, 1}) {
    writer.Add(AllocationRecord{.time_ns = 5,
                                .address = 4096,
                                .size = 10,
                                .caller = 77,
                                .stack = 0xffff'ffff,
                                .pid = 1,
                                .tid = 1,
                                .call = AllocationCall::kMalloc,
                                .memory = static_cast<std::uint8_t>(memory)});
  }
  REQUIRE(writer.Finish({}).ok());

  auto reader = TraceReader::Open(path);
  REQUIRE(reader.ok());
  for (const int memory : {1, 2, 0, 255, 1}) {
    const auto record = reader->Next();
    REQUIRE(record.ok());
    const auto& allocation = std::get<AllocationRecord>(**record);
    CHECK(int{allocation.memory} == memory);
    CHECK(allocation.stack == 0xffff'ffff);
    CHECK(allocation.call == AllocationCall::kMalloc);
  }
}

TEST_CASE("Trace: call stacks are stored once and found by their id") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  const std::vector<std::uint64_t> first = {0x7f0000001234, 0x401000, 0xffffffffffffffff, 1};
  const std::vector<std::uint64_t> second = {0x7f0000001234};
  TraceWriter writer = NewWriter(path);
  CHECK(writer.AddStack({}) == 0);
  CHECK(writer.AddStack(first) == 1);
  CHECK(writer.AddStack(second) == 2);
  CHECK(writer.AddStack(std::vector(first)) == 1);
  writer.Add(AllocationRecord{.time_ns = 1, .address = 16, .size = 8, .stack = 1});
  REQUIRE(writer.EndRound(2).ok());
  CHECK(writer.AddStack(second) == 2);
  CHECK(writer.AddStack(std::vector<std::uint64_t>{7}) == 3);
  writer.Add(AllocationRecord{.time_ns = 3, .address = 32, .size = 8, .stack = 3});
  REQUIRE(writer.Finish({}).ok());

  auto reader = TraceReader::Open(path);
  REQUIRE(reader.ok());
  CHECK(reader->Stack(1).empty());  // not seen yet
  const auto record = reader->Next();
  REQUIRE(record.ok());
  CHECK(std::get<AllocationRecord>(**record).stack == 1);
  const auto frames = [&](std::uint32_t id) {
    const auto stack = reader->Stack(id);
    return std::vector<std::uint64_t>(stack.begin(), stack.end());
  };
  CHECK(frames(1) == first);
  CHECK(frames(2) == second);
  REQUIRE(reader->Next().ok());
  CHECK(frames(3) == std::vector<std::uint64_t>{7});
  CHECK(frames(0).empty());
  CHECK(frames(4).empty());
}

TEST_CASE("Trace: more sites and data sources than a block holds make more blocks") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  std::vector<std::string> expected;
  TraceWriter writer = NewWriter(path);
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const AccessRecord access{.time_ns = 10 * i,
                              .ip = i,
                              .address = 8 * i,
                              .tick = i,
                              .data_source = i / 10,
                              .pid = 1,
                              .tid = 1,
                              .stream = 1};
    const AllocationRecord allocation{
        .time_ns = 10 * i + 1, .address = 16 * i, .size = i, .caller = 3 * i, .pid = 1, .tid = 1};
    writer.Add(access);
    writer.Add(allocation);
    expected.push_back(ToText(access));
    expected.push_back(ToText(allocation));
  }
  REQUIRE(writer.Finish({}).ok());
  CHECK(Read(path).records == expected);
}

TEST_CASE("Trace: a thousand threads at a time come back whole") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  std::vector<std::string> expected;
  TraceWriter writer = NewWriter(path);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const AllocationRecord record{.time_ns = i,
                                  .address = 16 * i,
                                  .size = 100,
                                  .pid = 1,
                                  .tid = static_cast<std::int32_t>(i % 1000)};
    writer.Add(record);
    expected.push_back(ToText(record));
  }
  REQUIRE(writer.Finish({}).ok());
  CHECK(Read(path).records == expected);
}

TEST_CASE("Trace: compression makes the file of a regular program smaller") {
  const TemporaryFolder folder;
  for (const auto& [name, compression] :
       {std::pair{"plain", Compression::kNone}, std::pair{"zstd", Compression::kZstd}}) {
    TraceWriter writer = NewWriter(folder.File(name), compression);
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      writer.Add(AllocationRecord{.time_ns = 100 * i, .address = 4096 * i, .size = 4096});
    }
    REQUIRE(writer.Finish({}).ok());
  }
  CHECK(ReadFile(folder.File("zstd")).size() < ReadFile(folder.File("plain")).size() / 10);
  CHECK(Read(folder.File("zstd")).records == Read(folder.File("plain")).records);
}

TEST_CASE("Trace: a recording without records has a header and an end") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  REQUIRE(NewWriter(path).Finish({}).ok());
  const ReadTrace read = Read(path);
  CHECK(read.status.ok());
  CHECK(read.records.empty());
  CHECK(read.extent.finished);
}

TEST_CASE("TraceWriter: totals count what is still in memory") {
  const TemporaryFolder folder;
  TraceWriter writer = NewWriter(folder.File("t.htrace"));
  writer.Add(AccessRecord{.time_ns = 1});
  writer.Add(AllocationRecord{.time_ns = 2});
  writer.Add(AllocationRecord{.time_ns = 3});
  writer.Add(LossRecord{.time_ns = 4, .count = 1});
  CHECK(writer.totals().records == 4);
  CHECK(writer.totals().access_records == 1);
  CHECK(writer.totals().allocation_records == 2);
  CHECK(writer.totals().dropped_records == 0);
}

}  // namespace heimdallr::trace
