#include "perf/decode.h"

#include <bit>
#include <cstring>

#include <catch2/catch.hpp>

namespace heimdallr::perf {
namespace {

/// A record put together field by field, as perf_event_open(2) lists them.
class RecordBuilder {
 public:
  explicit RecordBuilder(std::uint32_t type, std::uint16_t misc = 0) : type_(type), misc_(misc) {
    U64(0);  // room for the header
  }
  RecordBuilder& U64(std::uint64_t value) { return Put(value); }
  RecordBuilder& U32(std::uint32_t value) { return Put(value); }
  RecordBuilder& U16(std::uint16_t value) { return Put(value); }
  /// With its NUL, padded to 8 bytes.
  RecordBuilder& Text(std::string text) {
    text.push_back('\0');
    while (text.size() % 8 != 0) text.push_back('\0');
    for (const char c : text) bytes_.push_back(std::byte(c));
    return *this;
  }
  [[nodiscard]] RawRecord Raw(std::size_t drop = 0) const {
    return {type_, misc_, std::span(bytes_).first(bytes_.size() - drop)};
  }

 private:
  template <typename T>
  RecordBuilder& Put(T value) {
    const auto raw = std::as_bytes(std::span(&value, 1));
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    return *this;
  }
  std::uint32_t type_;
  std::uint16_t misc_;
  std::vector<std::byte> bytes_;
};

template <typename T>
T Get(const RecordBuilder& builder, const SampleLayout& layout) {
  auto record = Decode(builder.Raw(), layout);
  REQUIRE(record.ok());
  REQUIRE(std::holds_alternative<T>(*record));
  return std::get<T>(*std::move(record));
}

/// Every field there is, each with contents.
constexpr std::uint64_t kAllFields =
    (std::uint64_t{PERF_SAMPLE_MAX} - 1) & ~std::uint64_t{PERF_SAMPLE_WEIGHT};

SampleLayout FullLayout() {
  SampleLayout layout;
  layout.sample_type = kAllFields;
  layout.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_ID | PERF_FORMAT_LOST;
  layout.user_registers = 0b1000'0000'0000'0000'0000'1101;
  layout.interrupt_registers = 0b11;
  layout.branch_sample_type = PERF_SAMPLE_BRANCH_HW_INDEX;
  layout.sample_id_all = true;
  return layout;
}

RecordBuilder FullSample() {
  RecordBuilder b(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER | PERF_RECORD_MISC_EXACT_IP);
  b.U64(77).U64(0x401000).U32(12).U32(34).U64(5'000).U64(0xdead0);  // IDENTIFIER .. ADDR
  b.U64(77).U64(78).U32(3).U32(0).U64(1000);                        // ID .. PERIOD
  b.U64(1).U64(2).U64(3).U64(4);                                    // READ
  b.U64(2).U64(0xaaa).U64(0xbbb);                                   // CALLCHAIN
  b.U32(4).U32(0xffffffff);                                         // RAW
  b.U64(1).U64(9).U64(1).U64(2).U64(3);                             // BRANCH_STACK
  b.U64(PERF_SAMPLE_REGS_ABI_64).U64(100).U64(102).U64(103).U64(123);
  b.U64(16).U64(0x5).U64(0x6).U64(12);                 // STACK_USER
  b.U32(90).U16(60).U16(30);                           // WEIGHT_STRUCT
  b.U64(0x10268100142).U64(0x7);                       // DATA_SRC, TRANSACTION
  b.U64(PERF_SAMPLE_REGS_ABI_64).U64(1).U64(2);        // REGS_INTR
  b.U64(0x123456000).U64(5).U64(4096).U64(2'097'152);  // PHYS .. CODE_PAGE_SIZE
  b.U64(8).U64(0);                                     // AUX
  return b;
}

SampleLayout ClockLayout() {
  return LayoutOf(CpuClockEvent({SamplingRate::Unit::kPeriod, 1'000'000}));
}

/// The trailer of our own events: TID, TIME, CPU, IDENTIFIER.
RecordBuilder& Trailer(RecordBuilder& builder, std::uint64_t id = 77) {
  return builder.U32(12).U32(34).U64(5'000).U32(3).U32(0).U64(id);
}

}  // namespace

TEST_CASE("Decode: a sample with every field of the ABI") {
  const auto s = Get<SampleRecord>(FullSample(), FullLayout());
  CHECK(s.origin.event_id == 77);
  CHECK(s.ip == 0x401000);
  CHECK(s.origin.pid == 12);
  CHECK(s.origin.tid == 34);
  CHECK(s.origin.time_ns == 5'000);
  CHECK(s.address == 0xdead0);
  CHECK(s.origin.cpu == 3);
  CHECK(s.period == 1000);
  CHECK(s.callchain == std::vector<std::uint64_t>{0xaaa, 0xbbb});
  CHECK(s.user_registers.Get(0) == 100U);
  CHECK(!s.user_registers.Get(1).has_value());
  CHECK(s.user_registers.Get(2) == 102U);
  CHECK(s.user_registers.Get(3) == 103U);
  CHECK(s.user_registers.Get(23) == 123U);
  CHECK(s.latency_cycles == 90);
  CHECK(s.instruction_latency_cycles == 60);
  CHECK(s.weight3 == 30);
  CHECK(s.data_source == 0x10268100142);
  CHECK(s.physical_address == 0x123456000);
  CHECK(s.data_page_bytes == 4096);
  CHECK(s.code_page_bytes == 2'097'152);
  CHECK(s.user_mode);
  CHECK(s.exact_ip);
}

TEST_CASE("Decode: a sample cut anywhere is refused, never read past its end") {
  const RecordBuilder sample = FullSample();
  for (std::size_t drop = 8; drop <= sample.Raw().bytes.size(); drop += 4) {
    const auto record = Decode(sample.Raw(drop), FullLayout());
    CHECK(record.status().code() == absl::StatusCode::kDataLoss);
  }
}

TEST_CASE("Decode: padding behind a record is accepted") {
  auto sample = FullSample();
  sample.U64(0).U64(0);
  CHECK(Decode(sample.Raw(), FullLayout()).ok());
}

TEST_CASE("Decode: hostile counts are refused") {
  const std::uint64_t count = GENERATE(std::uint64_t{1} << 61, ~std::uint64_t{0}, std::uint64_t{9});
  SampleLayout layout;
  layout.sample_type = GENERATE(PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_BRANCH_STACK,
                                PERF_SAMPLE_STACK_USER, PERF_SAMPLE_AUX);
  RecordBuilder sample(PERF_RECORD_SAMPLE);
  sample.U64(count).U64(0);
  CHECK(!Decode(sample.Raw(), layout).ok());
}

TEST_CASE("Decode: a sample of a kernel thread has no registers") {
  RecordBuilder b(PERF_RECORD_SAMPLE);
  b.U64(77).U64(0x401000).U32(12).U32(34).U64(5'000).U32(3).U32(0).U64(1000);
  b.U64(PERF_SAMPLE_REGS_ABI_NONE);
  const auto s = Get<SampleRecord>(b, ClockLayout());
  CHECK(s.user_registers.abi == PERF_SAMPLE_REGS_ABI_NONE);
  CHECK(s.user_registers.present().empty());
  CHECK(!s.user_registers.Get(0).has_value());
}

TEST_CASE("Decode: a group read is skipped") {
  SampleLayout layout;
  layout.sample_type = PERF_SAMPLE_READ | PERF_SAMPLE_DATA_SRC;
  layout.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_RUNNING;
  RecordBuilder b(PERF_RECORD_SAMPLE);
  b.U64(2).U64(1).U64(10).U64(11).U64(20).U64(21).U64(0x42);
  CHECK(Get<SampleRecord>(b, layout).data_source == 0x42);
}

TEST_CASE("Decode: a mapping with a build-id, and the time of every record from its trailer") {
  RecordBuilder b(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID);
  b.U32(12).U32(34).U64(0x7f0000000000).U64(0x2000).U64(0x1000);
  b.U32(4).U32(0x04030201).U64(0).U64(0);  // size, then 20 bytes of build-id
  b.U32(5).U32(2).Text("/usr/lib/libm.so.6");
  const auto m = Get<MmapRecord>(Trailer(b), ClockLayout());
  CHECK(m.pid == 12);
  CHECK(m.address == 0x7f0000000000);
  CHECK(m.size == 0x2000);
  CHECK(m.offset == 0x1000);
  CHECK(m.build_id == std::string("\1\2\3\4"));
  CHECK(m.inode == 0);
  CHECK(m.protection == 5);
  CHECK(m.flags == 2);
  CHECK(m.path == "/usr/lib/libm.so.6");
  CHECK(m.origin.time_ns == 5'000);
  CHECK(m.origin.cpu == 3);
  CHECK(m.origin.event_id == 77);
}

TEST_CASE("Decode: a mapping with an inode") {
  RecordBuilder b(PERF_RECORD_MMAP2);
  b.U32(12).U32(34).U64(0x1000).U64(0x2000).U64(0).U32(8).U32(1).U64(4711).U64(1);
  b.U32(3).U32(2).Text("//anon");
  const auto m = Get<MmapRecord>(Trailer(b), ClockLayout());
  CHECK(m.inode == 4711);
  CHECK(m.device_major == 8);
  CHECK(m.device_minor == 1);
  CHECK(m.build_id.empty());
}

TEST_CASE("Decode: a name without an end stops before the trailer") {
  RecordBuilder b(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC);
  b.U32(12).U32(34).U64(0x4141414141414141);
  const auto comm = Get<CommRecord>(Trailer(b), ClockLayout());
  CHECK(comm.name == "AAAAAAAA");
  CHECK(comm.exec);
}

TEST_CASE("Decode: a mapping or name cut before its text is refused") {
  SampleLayout layout;
  for (const std::uint32_t type : {PERF_RECORD_MMAP, PERF_RECORD_MMAP2, PERF_RECORD_COMM}) {
    RecordBuilder b(type, PERF_RECORD_MISC_MMAP_BUILD_ID);
    b.U32(12);
    CHECK(Decode(b.Raw(), layout).status().code() == absl::StatusCode::kDataLoss);
  }
}

TEST_CASE("Decode: forks, exits, losses and throttling") {
  const auto layout = ClockLayout();
  RecordBuilder fork(PERF_RECORD_FORK);
  fork.U32(20).U32(10).U32(21).U32(11).U64(5'000);
  const auto f = Get<ForkRecord>(Trailer(fork), layout);
  CHECK(f.pid == 20);
  CHECK(f.parent_pid == 10);
  CHECK(f.tid == 21);
  CHECK(f.parent_tid == 11);

  RecordBuilder lost(PERF_RECORD_LOST);
  lost.U64(77).U64(1234);
  CHECK(Get<LostRecord>(Trailer(lost), layout).count == 1234);

  RecordBuilder throttle(PERF_RECORD_THROTTLE);
  throttle.U64(5'000).U64(77).U64(78);
  CHECK(Get<ThrottleRecord>(Trailer(throttle), layout).throttled);
  RecordBuilder unthrottle(PERF_RECORD_UNTHROTTLE);
  unthrottle.U64(5'000).U64(77).U64(78);
  CHECK(!Get<ThrottleRecord>(Trailer(unthrottle), layout).throttled);
}

TEST_CASE("Decode: a record of a type not known is passed on with its time") {
  RecordBuilder b(40, 5);
  b.U64(1).U64(2);
  const auto unknown = Get<UnknownRecord>(Trailer(b), ClockLayout());
  CHECK(unknown.type == 40);
  CHECK(unknown.misc == 5);
  CHECK(unknown.size == 24 + 32);
  CHECK(unknown.origin.time_ns == 5'000);
}

TEST_CASE("Decode: an empty record is refused") {
  CHECK(!Decode({PERF_RECORD_SAMPLE, 0, {}}, ClockLayout()).ok());
  CHECK(!Decode(RecordBuilder(PERF_RECORD_LOST).Raw(), ClockLayout()).ok());
}

TEST_CASE("Decoder: records of events that share a ring are told apart by identifier") {
  Decoder decoder;
  decoder.Add(77, ClockLayout());
  decoder.Add(5, LayoutOf(PageFaultEvent()));
  RecordBuilder fault(PERF_RECORD_SAMPLE);
  fault.U64(5).U64(0x401000).U32(12).U32(34).U64(5'000).U64(0xdead0).U32(3).U32(0);
  const auto sample = decoder.Decode(fault.Raw());
  REQUIRE(sample.ok());
  CHECK(std::get<SampleRecord>(*sample).address == 0xdead0);

  RecordBuilder exit(PERF_RECORD_EXIT);
  exit.U32(20).U32(10).U32(21).U32(11).U64(5'000);
  CHECK(decoder.Decode(Trailer(exit, 77).Raw()).ok());
}

TEST_CASE("Decoder: an event not known is refused") {
  Decoder decoder;
  RecordBuilder exit(PERF_RECORD_EXIT);
  exit.U32(20).U32(10).U32(21).U32(11).U64(5'000);
  const auto raw = Trailer(exit, 99);
  CHECK(!decoder.Decode(raw.Raw()).ok());
  decoder.Add(77, ClockLayout());
  decoder.Add(78, ClockLayout());
  CHECK(decoder.Decode(raw.Raw()).status().code() == absl::StatusCode::kDataLoss);
}

}  // namespace heimdallr::perf
