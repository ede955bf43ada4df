#include "perf/ring.h"

#include <cstring>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::perf {
namespace {

constexpr std::size_t kPage = 4096;

/// A ring in ordinary memory, with the kernel's half of the protocol.
class FakeRing {
 public:
  explicit FakeRing(std::size_t data_bytes = kPage) : memory_((kPage + data_bytes) / 8) {
    control().data_offset = kPage;
    control().data_size = data_bytes;
  }

  perf_event_mmap_page& control() {
    return *reinterpret_cast<perf_event_mmap_page*>(memory_.data());
  }
  std::span<std::byte> memory() { return std::as_writable_bytes(std::span(memory_)); }

  void SetPosition(std::uint64_t position) {
    control().data_head = position;
    control().data_tail = position;
  }

  /// A record whose payload bytes count up from `first`.
  void Write(std::uint16_t size, std::uint8_t first = 0) {
    std::vector<std::byte> record(size);
    const perf_event_header header{.type = 9, .misc = 2, .size = size};
    std::memcpy(record.data(), &header, sizeof(header));
    for (std::size_t i = sizeof(header); i < size; ++i) record[i] = std::byte(first++);
    for (const std::byte b : record) {
      memory()[kPage + control().data_head % control().data_size] = b;
      ++control().data_head;
    }
  }

 private:
  std::vector<std::uint64_t> memory_;
};

std::vector<int> Payload(const RawRecord& raw) {
  std::vector<int> values;
  for (const std::byte b : raw.bytes.subspan(8)) values.push_back(std::to_integer<int>(b));
  return values;
}

}  // namespace

TEST_CASE("PerfRing: an empty ring gives no record") {
  FakeRing fake;
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  const auto record = ring->Peek();
  REQUIRE(record.ok());
  CHECK(!record->has_value());
}

TEST_CASE("PerfRing: peeking takes nothing, consuming frees the room") {
  FakeRing fake;
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  fake.Write(16, 1);
  fake.Write(24, 100);
  for (int i = 0; i < 2; ++i) {
    const auto record = ring->Peek();
    REQUIRE(record.ok());
    CHECK((*record)->type == 9);
    CHECK((*record)->misc == 2);
    CHECK(Payload(**record) == std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8});
  }
  CHECK(fake.control().data_tail == 0);
  ring->Consume();
  CHECK(fake.control().data_tail == 16);
  CHECK((**ring->Peek()).bytes.size() == 24);
  ring->Consume();
  CHECK(fake.control().data_tail == 40);
  CHECK(!ring->Peek()->has_value());
}

TEST_CASE("PerfRing: a record across the end is returned whole") {
  FakeRing fake;
  fake.SetPosition(5 * kPage - 16);
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  fake.Write(32, 1);
  const auto record = ring->Peek();
  REQUIRE(record.ok());
  std::vector<int> expected;
  for (int i = 1; i <= 24; ++i) expected.push_back(i);
  CHECK(Payload(**record) == expected);
}

TEST_CASE("PerfRing: positions may wrap around 64 bits") {
  FakeRing fake;
  fake.SetPosition(~std::uint64_t{0} - 7);
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  fake.Write(16, 1);
  CHECK(Payload(**ring->Peek()).size() == 8);
  ring->Consume();
  CHECK(fake.control().data_tail == 8);
}

TEST_CASE("PerfRing: a full ring is read to its last byte") {
  FakeRing fake;
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  for (std::size_t i = 0; i < kPage / 64; ++i) fake.Write(64);
  std::size_t records = 0;
  while ((*ring->Peek()).has_value()) {
    ring->Consume();
    ++records;
  }
  CHECK(records == kPage / 64);
}

TEST_CASE("PerfRing: sizes that make no sense stop reading with an error") {
  FakeRing fake;
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  fake.Write(16);
  auto& size = *reinterpret_cast<std::uint16_t*>(fake.memory().data() + kPage + 6);
  const auto bad = GENERATE(as<std::uint16_t>{}, 0, 7, 24, 65535);
  size = bad;
  CHECK(ring->Peek().status().code() == absl::StatusCode::kDataLoss);
  CHECK(ring->Peek().status().code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("PerfRing: a head outside the ring is refused") {
  FakeRing fake;
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  const std::uint64_t head = GENERATE(kPage + 8, ~std::uint64_t{0}, std::uint64_t{4});
  fake.control().data_head = head;
  CHECK(ring->Peek().status().code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("PerfRing: after an error reading goes on behind what was dropped") {
  FakeRing fake;
  auto ring = PerfRing::Over(fake.memory());
  REQUIRE(ring.ok());
  fake.Write(16);
  fake.memory()[kPage + 6] = std::byte{3};
  REQUIRE(!ring->Peek().ok());
  CHECK(ring->DiscardAll() == 16);
  CHECK(fake.control().data_tail == 16);
  fake.Write(16, 7);
  CHECK(Payload(**ring->Peek()).front() == 7);
}

TEST_CASE("PerfRing: memory that holds no ring is refused") {
  FakeRing fake;
  SECTION("too small for the control page") {
    CHECK(!PerfRing::Over(fake.memory().first(64)).ok());
  }
  SECTION("empty") { CHECK(!PerfRing::Over({}).ok()); }
  SECTION("data size is no power of two") {
    fake.control().data_size = 3000;
    CHECK(!PerfRing::Over(fake.memory()).ok());
  }
  SECTION("data behind the end") {
    fake.control().data_offset = kPage + 8;
    CHECK(!PerfRing::Over(fake.memory()).ok());
  }
  SECTION("offset that wraps") {
    fake.control().data_offset = ~std::uint64_t{0} - 100;
    CHECK(!PerfRing::Over(fake.memory()).ok());
  }
}

}  // namespace heimdallr::perf
