#include <limits>
#include <random>

#include "fake_recording.h"

namespace heimdallr {

// In the tests alone: field by field.
static bool operator==(const AccessRecord& a, const AccessRecord& b) {
  return a.time_ns == b.time_ns && a.ip == b.ip && a.address == b.address && a.tick == b.tick &&
         a.data_source == b.data_source && a.latency_cycles == b.latency_cycles &&
         a.weight == b.weight && a.period == b.period && a.pid == b.pid && a.tid == b.tid &&
         a.cpu == b.cpu && a.size == b.size && a.stream == b.stream && a.kind == b.kind &&
         a.direct == b.direct;
}
static bool operator==(const FaultRecord& a, const FaultRecord& b) {
  return a.time_ns == b.time_ns && a.ip == b.ip && a.address == b.address && a.pid == b.pid &&
         a.tid == b.tid && a.cpu == b.cpu && a.stream == b.stream;
}
static bool operator==(const AllocationRecord& a, const AllocationRecord& b) {
  return a.time_ns == b.time_ns && a.address == b.address && a.size == b.size &&
         a.old_address == b.old_address && a.caller == b.caller && a.stack == b.stack &&
         a.pid == b.pid && a.tid == b.tid && a.call == b.call && a.event == b.event;
}
static bool operator==(const MappingRecord& a, const MappingRecord& b) {
  return a.time_ns == b.time_ns && a.address == b.address && a.size == b.size &&
         a.offset == b.offset && a.inode == b.inode && a.path == b.path &&
         a.build_id == b.build_id && a.protection == b.protection && a.pid == b.pid &&
         a.tid == b.tid && a.shared == b.shared;
}
static bool operator==(const ProcessRecord& a, const ProcessRecord& b) {
  return a.time_ns == b.time_ns && a.command == b.command && a.executable == b.executable &&
         a.build_id == b.build_id && a.pid == b.pid && a.parent_pid == b.parent_pid &&
         a.event == b.event;
}
static bool operator==(const ThreadRecord& a, const ThreadRecord& b) {
  return a.time_ns == b.time_ns && a.name == b.name && a.thread_pointer == b.thread_pointer &&
         a.stack_top == b.stack_top && a.pid == b.pid && a.tid == b.tid && a.event == b.event;
}
static bool operator==(const LossRecord& a, const LossRecord& b) {
  return a.time_ns == b.time_ns && a.count == b.count && a.duration_ns == b.duration_ns &&
         a.pid == b.pid && a.tid == b.tid && a.stream == b.stream && a.kind == b.kind;
}
static bool operator==(const StatisticsRecord& a, const StatisticsRecord& b) {
  return a.time_ns == b.time_ns && a.wall_ns == b.wall_ns && a.user_ns == b.user_ns &&
         a.system_ns == b.system_ns && a.max_rss_bytes == b.max_rss_bytes &&
         a.minor_faults == b.minor_faults && a.major_faults == b.major_faults && a.pid == b.pid &&
         a.exit_code == b.exit_code && a.exit_signal == b.exit_signal && a.source == b.source;
}
static bool operator==(const PeriodRecord& a, const PeriodRecord& b) {
  return a.time_ns == b.time_ns && a.period == b.period && a.sample_cost_ns == b.sample_cost_ns &&
         a.overhead == b.overhead && a.stream == b.stream;
}
static bool operator==(const PlacementRecord& a, const PlacementRecord& b) {
  return a.time_ns == b.time_ns && a.address == b.address && a.size == b.size &&
         a.weight == b.weight && a.node == b.node && a.pid == b.pid;
}

}  // namespace heimdallr

namespace heimdallr::store {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kTopBit = std::uint64_t{1} << 63;

void CheckSame(const TemporaryDatabase& database, const FakeRecording& expected) {
  auto source = OpenRun(database.path(), {});
  INFO(source.status().ToString());
  REQUIRE(source.ok());
  for (std::size_t i = 0; i < expected.records_.size(); ++i) {
    const auto record = (*source)->Next();
    INFO("record " << i << ": " << record.status().ToString());
    REQUIRE(record.ok());
    REQUIRE(*record != nullptr);
    REQUIRE((*record)->index() == expected.records_[i].index());
    CHECK(**record == expected.records_[i]);
  }
  const auto end = (*source)->Next();
  CHECK(end.status() == expected.end_);
  if (expected.end_.ok()) CHECK(*end == nullptr);
}

// Of every type, with values as small and as large as they can be.
std::vector<Record> ExtremeRecords() {
  return {
      ProcessRecord{.time_ns = 5,
                    .command = "na\0me\xff'\";"sv,
                    .executable = "/bin/\xc3\xa4"sv,
                    .build_id = "\0\x01\xfe"sv,
                    .pid = 100,
                    .parent_pid = 99,
                    .event = ProcessEvent::kExec},
      MappingRecord{.time_ns = 5,
                    .address = 0x400000,
                    .size = 0x10000,
                    .offset = 0,
                    .inode = kHuge,
                    .path = "/bin/<script>"sv,
                    .build_id = "id"sv,
                    .protection = 5,
                    .pid = 100,
                    .tid = 100},
      MappingRecord{.time_ns = 5,
                    .address = kTopBit,
                    .size = kHuge,
                    .offset = kTopBit,
                    .path = ""sv,
                    .protection = 0xffffffff,
                    .pid = 100,
                    .tid = -1,
                    .shared = true},
      ThreadRecord{.time_ns = 5,
                   .name = "worker\n"sv,
                   .thread_pointer = kTopBit,
                   .stack_top = kHuge,
                   .pid = 100,
                   .tid = 100,
                   .event = ThreadEvent::kName},
      AllocationRecord{.time_ns = 6,
                       .address = kTopBit,
                       .size = kHuge,
                       .old_address = kTopBit,
                       .caller = 0x400105,
                       .stack = 7,
                       .pid = 100,
                       .tid = 100,
                       .call = AllocationCall::kSbrk},
      AllocationRecord{.time_ns = 6,
                       .address = 0,
                       .pid = 100,
                       .tid = 102,
                       .call = AllocationCall::kFree,
                       .event = AllocationEvent::kDeallocate},
      AccessRecord{.time_ns = kTopBit,
                   .ip = kHuge,
                   .address = kTopBit,
                   .tick = kTopBit,
                   .data_source = kHuge,
                   .latency_cycles = 0xffffffff,
                   .weight = 0.1F,
                   .period = kHuge,
                   .pid = 2147483647,
                   .tid = -2147483647,
                   .cpu = 0xffffffff,
                   .size = 0xffff,
                   .stream = 255,
                   .kind = AccessKind::kLoadStore,
                   .direct = false},
      AccessRecord{.time_ns = 7, .weight = 3.308e-24F},
      FaultRecord{.time_ns = 7,
                  .ip = kTopBit,
                  .address = kHuge,
                  .pid = 100,
                  .tid = 1,
                  .cpu = 3,
                  .stream = 2},
      LossRecord{.time_ns = 8,
                 .count = kHuge,
                 .duration_ns = kTopBit,
                 .pid = 1,
                 .tid = 2,
                 .stream = 255,
                 .kind = LossKind::kRegisterUnknown},
      PlacementRecord{
          .time_ns = 9, .address = kHuge, .size = kHuge, .weight = 2.5F, .node = 7, .pid = 100},
      PeriodRecord{
          .time_ns = 9, .period = kHuge, .sample_cost_ns = 30000, .overhead = 0.05F, .stream = 1},
      StatisticsRecord{.time_ns = 4,  // late
                       .wall_ns = kHuge,
                       .user_ns = 1,
                       .system_ns = 2,
                       .max_rss_bytes = 3,
                       .minor_faults = 4,
                       .major_faults = 5,
                       .pid = 100,
                       .exit_code = -1,
                       .exit_signal = 9,
                       .source = StatisticsSource::kLastSeen},
  };
}

TEST_CASE("OpenRun: gives back records of every type, to the bit and in their order") {
  const TemporaryDatabase database;
  FakeRecording recording;
  recording.records_ = ExtremeRecords();
  recording.stacks_[7] = {0x400105, 0x400205, kHuge};
  database.Add(recording, {.run = "run", .identity = "one"});
  CheckSame(database, recording);
}

TEST_CASE("OpenRun: gives back accesses that wait for their object in the order of the trace") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  recording.records_.clear();
  std::mt19937_64 random(1);
  std::uint64_t time = 0;
  const auto block = [&](std::uint64_t i) { return 0x600000 + i % 16 * 0x100; };
  for (std::uint64_t i = 0; i < 5000; ++i) {
    time += random() % 3;
    const auto tid = static_cast<std::int32_t>(100 + random() % 4);
    switch (random() % 4) {
      case 0:
        recording.records_.emplace_back(AllocationRecord{.time_ns = time,
                                                         .address = block(random()),
                                                         .size = 0x40,
                                                         .caller = 0x401000,
                                                         .pid = 100,
                                                         .tid = tid,
                                                         .call = AllocationCall::kMalloc});
        break;
      case 1:
        recording.records_.emplace_back(AllocationRecord{.time_ns = time,
                                                         .address = block(random()),
                                                         .caller = 0x401000,
                                                         .pid = 100,
                                                         .tid = tid,
                                                         .call = AllocationCall::kFree,
                                                         .event = AllocationEvent::kDeallocate});
        break;
      default:
        // Many lie between blocks.
        recording.records_.emplace_back(AccessRecord{.time_ns = time,
                                                     .ip = 0x401000 + random() % 8,
                                                     .address = 0x600000 + random() % 0x1000,
                                                     .tick = i / 2,
                                                     .pid = 100,
                                                     .tid = tid,
                                                     .stream = 1,
                                                     .kind = AccessKind::kLoad});
    }
  }
  database.Add(recording, {.run = "run", .identity = "one"});
  CheckSame(database, recording);
}

TEST_CASE("OpenRun: gives back header, extent, cost of the recorder and stacks") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  TraceHeader& header = recording.header_;
  header.tool_version = "1.2\xff";
  header.host = "node";
  header.kernel = "Linux";
  header.processor = "CPU";
  header.online_cpus = 64;
  header.start_realtime_ns = kTopBit;
  header.start_monotonic_ns = 17;
  header.command_line = {"./a", "", "two words", "\xff\n<script>", std::string(10'000, 'x')};
  header.working_directory = "/\x80";
  header.environment = {"A=1", "B=\n"};
  header.allocations = true;
  header.dry_run = true;
  header.stack_depth = 16;
  header.origin = TraceOrigin::kSynthetic;
  header.streams.push_back({.id = 9,
                            .source = SourceKind::kPmu,
                            .name = "loads",
                            .event = "cpu/mem-loads,ldlat=30/P",
                            .period = kHuge,
                            .frequency_hz = 4000,
                            .precise_level = 3,
                            .minimum_latency_cycles = 30,
                            .may_batch = true});
  recording.extent_ = {.good_bytes = 90,
                       .file_bytes = 100,
                       .records = 5,
                       .late_records = 1,
                       .unknown_chunks = 2,
                       .finished = false,
                       .cut = true};
  recording.recorder_ = RecorderStatistics{
      .user_ns = 1, .system_ns = 2, .wall_ns = 3, .ticks = 4, .channel_events = kHuge};
  recording.stacks_[3] = {0x401005, 0x402006};
  std::get<AllocationRecord>(recording.records_[1]).stack = 3;
  database.Add(recording, {.run = "run", .identity = "one"});

  const auto opened = OpenRun(database.path(), {});
  REQUIRE(opened.ok());
  const analysis::RecordSource& source = **opened;
  CHECK(source.header().tool_version == header.tool_version);
  CHECK(source.header().host == "node");
  CHECK(source.header().kernel == "Linux");
  CHECK(source.header().processor == "CPU");
  CHECK(source.header().format_version == 1);
  CHECK(source.header().online_cpus == 64);
  CHECK(source.header().page_size_bytes == 4096);
  CHECK(source.header().start_realtime_ns == kTopBit);
  CHECK(source.header().start_monotonic_ns == 17);
  CHECK(source.header().pid == 100);
  CHECK(source.header().command_line == header.command_line);
  CHECK(source.header().working_directory == header.working_directory);
  CHECK(source.header().environment == header.environment);
  CHECK(source.header().allocations);
  CHECK(source.header().dry_run);
  CHECK(source.header().stack_depth == 16);
  CHECK(source.header().origin == TraceOrigin::kSynthetic);
  REQUIRE(source.header().streams.size() == 2);
  const StreamInfo& loads = source.header().streams[1];
  CHECK(loads.id == 9);
  CHECK(loads.source == SourceKind::kPmu);
  CHECK(loads.name == "loads");
  CHECK(loads.event == "cpu/mem-loads,ldlat=30/P");
  CHECK(loads.period == kHuge);
  CHECK(loads.frequency_hz == 4000);
  CHECK(loads.precise_level == 3);
  CHECK(loads.minimum_latency_cycles == 30);
  CHECK(loads.may_batch);
  CHECK(source.extent().good_bytes == 90);
  CHECK(source.extent().file_bytes == 100);
  CHECK(source.extent().records == 5);
  CHECK(source.extent().late_records == 1);
  CHECK(source.extent().unknown_chunks == 2);
  CHECK_FALSE(source.extent().finished);
  CHECK(source.extent().cut);
  REQUIRE(source.recorder_statistics().has_value());
  CHECK(source.recorder_statistics()->system_ns == 2);
  CHECK(source.recorder_statistics()->channel_events == kHuge);
  const auto stack = source.Stack(3);
  CHECK(std::vector(stack.begin(), stack.end()) == std::vector<std::uint64_t>{0x401005, 0x402006});
  CHECK(source.Stack(4).empty());
  CHECK(source.Stack(0).empty());
}

TEST_CASE("OpenRun: gives back the names of code and data") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  ModuleSymbols& module = recording.symbols_.modules[{"/bin/a", "\x01\x02"}];
  module = {.path = "/bin/a",
            .build_id = "\x01\x02",
            .first_mapped_offset = kTopBit,
            .code = {{.offset = 0x10, .frames = {{"inner\xff", "a.c", 7}, {"outer", "", 0}}},
                     {.offset = kTopBit, .frames = {{"", "b.c", 1}}}},
            .data = {{.offset = 0, .size = 8, .name = "x"},
                     {.offset = 0, .size = 64, .name = ".bss", .kind = DataSymbol::Kind::kSection},
                     {.offset = kTopBit, .size = kHuge, .name = std::string("n\0l", 3)}}};
  recording.symbols_.modules[{"/bin/a", ""}] = {.path = "/bin/a"};
  recording.symbols_.processes[100] = {.pid = 100,
                                       .code = {{.offset = 0x7000, .frames = {{"jit", "", 0}}}}};
  database.Add(recording, {.run = "run", .identity = "one"});

  const auto opened = OpenRun(database.path(), {});
  INFO(opened.status().ToString());
  REQUIRE(opened.ok());
  const Symbols& symbols = (*opened)->symbols();
  CHECK(symbols.modules.size() == 2);
  const ModuleSymbols* read = symbols.FindModule("/bin/a", "\x01\x02");
  REQUIRE(read != nullptr);
  CHECK(read->path == "/bin/a");
  CHECK(read->first_mapped_offset == kTopBit);
  REQUIRE(read->code.size() == 2);
  CHECK(read->code[0].offset == 0x10);
  REQUIRE(read->code[0].frames.size() == 2);
  CHECK(read->code[0].frames[0].function == "inner\xff");
  CHECK(read->code[0].frames[0].file == "a.c");
  CHECK(read->code[0].frames[0].line == 7);
  CHECK(read->code[0].frames[1].function == "outer");
  CHECK(read->code[1].offset == kTopBit);
  CHECK(read->code[1].frames[0].function.empty());
  REQUIRE(read->data.size() == 3);
  CHECK(read->data[1].kind == DataSymbol::Kind::kSection);
  CHECK(read->data[1].size == 64);
  CHECK(read->data[2].offset == kTopBit);
  CHECK(read->data[2].size == kHuge);
  CHECK(read->data[2].name == std::string("n\0l", 3));
  const ProcessSymbols* jit = symbols.FindProcess(100);
  REQUIRE(jit != nullptr);
  REQUIRE(jit->code.size() == 1);
  CHECK(jit->code[0].frames[0].function == "jit");
}

TEST_CASE("OpenRun: ends as the trace did that was damaged") {
  const TemporaryDatabase database;
  FakeRecording recording = SmallRecording();
  recording.end_ = absl::DataLossError("trace 'x': the chunk at byte 7 is damaged");
  const Added added = database.Add(recording, {.run = "run", .identity = "one"});
  CHECK_FALSE(added.repetition.complete());
  CheckSame(database, recording);
}

TEST_CASE("OpenRun: a recording without records ends at once") {
  const TemporaryDatabase database;
  FakeRecording recording;
  database.Add(recording, {.run = "run", .identity = "one"});
  CheckSame(database, recording);
}

}  // namespace
}  // namespace heimdallr::store
