#include "channel/channel.h"

#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include <catch2/catch.hpp>

#include "fake_producer.h"

using heimdallr::channel::Channel;
using heimdallr::channel::ChannelOptions;
using heimdallr::channel::ChannelState;
using heimdallr::channel::RingState;
using heimdallr::test::FakeProducer;
using heimdallr::test::KeepingSink;
using heimdallr::test::MappedChannel;

namespace {

constexpr std::uint32_t kRecords = 256;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint8_t kThreadStart = 96;  // EventCode::kThreadStart

struct Both {
  Both() : channel(*Channel::Create({.ring_records = kRecords})), shared(channel.path()) {}
  Channel channel;
  MappedChannel shared;
  KeepingSink sink;
  std::uint64_t now = kSecond;

  std::uint64_t Poll() { return channel.Poll(sink, now += 1000); }
  // Rings outside the prepared ones are looked for only now and then.
  void PollUntilScanned() {
    for (int i = 0; i < 64; ++i) Poll();
  }
};

std::vector<std::uint64_t> Range(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> values;
  for (std::uint64_t value = first; value <= last; ++value) values.push_back(value);
  return values;
}

bool NobodyAlive(std::int32_t, std::int32_t) { return false; }

}  // namespace

TEST_CASE("Channel: options out of range are refused") {
  CHECK_FALSE(Channel::Create({.ring_records = 1000}).ok());
  CHECK_FALSE(Channel::Create({.ring_records = 128}).ok());
  CHECK_FALSE(Channel::Create({.ring_records = 1U << 23}).ok());
  CHECK_FALSE(Channel::Create({.ring_records = 256, .stack_depth = 65}).ok());
  CHECK(Channel::Create({.ring_records = 256, .stack_depth = 64}).ok());
}

TEST_CASE("Channel: its file says what it was made with and cannot be cut by the workload") {
  Both both;
  const auto& header = both.shared.header();
  CHECK(header.magic == heimdallr::channel::kMagic);
  CHECK(header.ring_records == kRecords);
  CHECK(header.file_bytes == header.rings_offset + 4096 * header.ring_stride);
  CHECK(truncate(both.channel.path().c_str(), 0) == -1);
  CHECK(errno == EPERM);
}

TEST_CASE("Channel: a few rings are prepared before anybody asks") {
  Both both;
  int prepared = 0;
  for (std::uint32_t ring = 0; ring < heimdallr::channel::kMaxRings; ++ring) {
    prepared += both.shared.state(ring) == static_cast<std::uint32_t>(RingState::kPrepared);
  }
  CHECK(prepared >= 2);
  CHECK(prepared <= 16);
  CHECK(both.shared.state(both.shared.header().claim_hint) ==
        static_cast<std::uint32_t>(RingState::kPrepared));
}

TEST_CASE("Channel: events come whole, in order, with their owner") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  for (std::uint64_t value = 1; value <= 200; ++value) producer.Emit(value);
  CHECK(both.Poll() == 200);
  REQUIRE(both.sink.owners.size() == 1);
  CHECK(both.sink.owners[0].values == Range(1, 200));
  CHECK(both.sink.owners[0].name.pid == 100);
  CHECK(both.sink.owners[0].name.tid == 101);
  CHECK(both.sink.owners[0].name.image == 7);
  CHECK(both.sink.torn == 0);
  CHECK(both.Poll() == 0);
}

TEST_CASE("Channel: an older image that is found late does not end the newer one's ring") {
  Both both;
  // Ring 100 is not among those prepared, so its claim is only found by a look at all rings.
  FakeProducer older(both.shared, 100, 100, 100, 7);
  older.Emit(10, kThreadStart);
  FakeProducer newer(both.shared, 0, 100, 100, 8);
  newer.Emit(50, kThreadStart);
  for (int i = 0; i < 200; ++i) both.Poll();
  newer.Emit(51);
  both.Poll();
  REQUIRE(both.sink.owners.size() == 2);
  CHECK(both.sink.owners[0].name.image == 8);
  CHECK(both.sink.owners[0].values == Range(50, 51));
  CHECK(both.sink.owners[1].values == Range(10, 10));
  CHECK(both.shared.state(0) == static_cast<std::uint32_t>(RingState::kClaimed));
  CHECK(both.shared.state(100) != static_cast<std::uint32_t>(RingState::kClaimed));
}

TEST_CASE("Channel: a ring may be wrapped many times") {
  Both both;
  FakeProducer producer(both.shared, 1, 100, 101, 7);
  std::uint64_t value = 0;
  std::mt19937 random(1);
  while (value < 100 * kRecords) {
    const std::uint64_t count = random() % (kRecords + 1);
    for (std::uint64_t i = 0; i < count && producer.HasRoom(); ++i) producer.Emit(++value);
    both.Poll();
  }
  CHECK(both.sink.owners[0].values == Range(1, value));
}

TEST_CASE("Channel: a full ring has no room until it has been read") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  std::uint64_t value = 0;
  while (producer.HasRoom()) producer.Emit(++value);
  CHECK(value == kRecords);
  CHECK(both.Poll() == kRecords);
  CHECK(producer.HasRoom());
}

TEST_CASE("Channel: an uncommitted slot holds back those after it") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  producer.Emit(1);
  const std::uint64_t interrupted = producer.Reserve();
  producer.Emit(3);
  CHECK(both.Poll() == 1);
  producer.Commit(interrupted, 1, 2);
  CHECK(both.Poll() == 2);
  CHECK(both.sink.owners[0].values == Range(1, 3));
}

TEST_CASE("Channel: a slot left uncommitted for seconds is given up and counted") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  producer.Emit(1);
  static_cast<void>(producer.Reserve());
  producer.Emit(3);
  for (int i = 0; i < 4; ++i) {
    both.now += 2 * kSecond;
    both.Poll();
  }
  CHECK(both.sink.owners[0].values == std::vector<std::uint64_t>{1, 3});
  CHECK(both.channel.totals().corrupt == 1);
  // The phase of the slot given up is right in the next lap.
  std::uint64_t value = 3;
  while (value < 3 * kRecords) {
    while (producer.HasRoom()) producer.Emit(++value);
    both.Poll();
  }
  CHECK(both.sink.owners[0].values.size() == value - 1);
  CHECK(both.channel.totals().corrupt == 1);
}

TEST_CASE("Channel: a retired ring is drained, freed and used again") {
  Both both;
  std::uint64_t value = 0;
  for (std::uint64_t owner = 1; owner <= 50; ++owner) {
    FakeProducer producer(both.shared, 2, 100, static_cast<std::int32_t>(100 + owner), 7);
    for (int i = 0; i < 37; ++i) producer.Emit(++value);
    producer.Retire();
    both.Poll();
    REQUIRE(both.shared.state(2) == static_cast<std::uint32_t>(RingState::kPrepared));
    REQUIRE(both.sink.owners.size() == owner);
    CHECK(both.sink.owners[owner - 1].gone);
    CHECK(both.sink.owners[owner - 1].values == Range(value - 36, value));
  }
  CHECK(both.channel.totals().owners == 50);
  CHECK(both.channel.totals().events == 50 * 37);
}

TEST_CASE("Channel: a thread that begins and ends between two polls is seen") {
  Both both;
  FakeProducer producer(both.shared, 700, 100, 101, 7);  // not a prepared ring
  producer.Emit(1);
  producer.Retire();
  both.PollUntilScanned();
  REQUIRE(both.sink.owners.size() == 1);
  CHECK(both.sink.owners[0].gone);
}

TEST_CASE("Channel: the ring of a dead thread is reaped, that of a living one is not") {
  Both both;
  FakeProducer living(both.shared, 0, 100, 101, 7);
  FakeProducer dead(both.shared, 1, 100, 102, 7);
  living.Emit(1);
  dead.Emit(2);
  both.channel.Reap(both.sink, [](std::int32_t pid, std::int32_t tid) {
    CHECK(pid == 100);
    return tid == 101;
  });
  CHECK(both.shared.state(0) == static_cast<std::uint32_t>(RingState::kClaimed));
  CHECK(both.shared.state(1) == static_cast<std::uint32_t>(RingState::kPrepared));
  living.Emit(3);
  both.Poll();
  CHECK(both.sink.after_end == 0);
}

TEST_CASE("Channel: reaping collects what lies behind an uncommitted slot") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  producer.Emit(1);
  static_cast<void>(producer.Reserve());
  producer.Emit(3);
  static_cast<void>(producer.Reserve());
  both.channel.Reap(both.sink, NobodyAlive);
  CHECK(both.sink.owners[0].values == std::vector<std::uint64_t>{1, 3});
  CHECK(both.channel.totals().corrupt == 1);

  // The next owner starts clean and its phases are right for laps to come.
  FakeProducer next(both.shared, 0, 200, 201, 8);
  CHECK(both.Poll() == 0);
  std::uint64_t value = 0;
  while (value < 5 * kRecords) {
    while (next.HasRoom()) next.Emit(++value);
    both.Poll();
  }
  CHECK(both.sink.owners[1].values == Range(1, value));
}

TEST_CASE("Channel: a new image of a process ends the rings of the old one first") {
  Both both;
  FakeProducer old_main(both.shared, 0, 100, 100, 7);
  FakeProducer old_thread(both.shared, 1, 100, 101, 7);
  FakeProducer other(both.shared, 2, 200, 200, 9);
  old_main.Emit(1, kThreadStart);
  old_thread.Emit(2, kThreadStart);
  other.Emit(3, kThreadStart);
  both.Poll();
  old_main.Emit(4);
  FakeProducer fresh(both.shared, 3, 100, 100, 8);
  fresh.Emit(5, kThreadStart);
  both.Poll();
  REQUIRE(both.sink.owners.size() == 4);
  std::map<std::uint64_t, bool> gone;  // by image
  for (const auto& owner : both.sink.owners) gone[owner.name.image] = owner.gone;
  CHECK(gone == std::map<std::uint64_t, bool>{{7, true}, {8, false}, {9, false}});
  CHECK(both.channel.totals().events == 5);
  CHECK(both.sink.after_end == 0);
}

TEST_CASE("Channel: records whose code means nothing are counted and left out") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  std::uint64_t good = 0;
  for (std::uint32_t code = 0; code < 128; ++code) {
    const bool known =
        (code >= 1 && code <= 21) || (code >= 64 && code <= 68) || (code >= 96 && code <= 101);
    good += known ? 1 : 0;
    producer.Emit(code, static_cast<std::uint8_t>(code));
  }
  CHECK(both.Poll() == good);
  CHECK(both.channel.totals().corrupt == 128 - good);
}

TEST_CASE("Channel: a ring that begins with slots that mean nothing ends nobody else's") {
  Both both;
  FakeProducer good(both.shared, 0, 100, 100, 7);
  good.Emit(10, kThreadStart);
  both.Poll();
  FakeProducer bad(both.shared, 1, 100, 101, 8);
  for (int i = 0; i < 5; ++i) bad.Emit(50, 0);
  both.Poll();
  CHECK(both.channel.totals().owners == 1);
  bad.Emit(60);  // not a kThreadStart: nothing says when this image began
  both.Poll();
  good.Emit(11);
  both.Poll();
  REQUIRE(both.sink.owners.size() == 2);
  CHECK_FALSE(both.sink.owners[0].gone);
  CHECK(both.sink.owners[0].values == Range(10, 11));
  CHECK(both.sink.owners[1].values == Range(60, 60));
  CHECK(both.channel.totals().corrupt == 5);
}

TEST_CASE("Channel: records of a ring without a possible owner are counted as corrupt") {
  Both both;
  const auto [pid, tid] = GENERATE(std::pair{0, 101}, std::pair{-1, 101}, std::pair{100, -5});
  FakeProducer producer(both.shared, 0, pid, tid, 7);
  producer.Emit(1, kThreadStart);
  producer.Emit(2);
  CHECK(both.Poll() == 0);
  producer.Retire();
  both.Poll();
  CHECK(both.sink.owners.empty());
  CHECK(both.channel.totals().corrupt == 2);
  CHECK(both.shared.state(0) == static_cast<std::uint32_t>(RingState::kPrepared));
}

TEST_CASE("Channel: a workload that writes anything anywhere does no more than be miscounted") {
  Both both;
  std::mt19937_64 random(42);
  const auto stride = both.shared.header().ring_stride;
  for (int round = 0; round < 300; ++round) {
    both.shared.header().ring_records = kRecords;  // for the test's own way to the slots
    both.shared.header().ring_stride = stride;
    for (int i = 0; i < 200; ++i) {
      auto& slot = both.shared.slot(static_cast<std::uint32_t>(random() % 8), random() % kRecords);
      slot = {random(), random(), random(), random()};
    }
    for (std::uint32_t ring = 0; ring < 8; ++ring) {
      auto& control = both.shared.control(ring);
      control.state.store(static_cast<std::uint32_t>(random() % 6));
      control.tail.store(random());
      control.pid = static_cast<std::int32_t>(random());
      control.tid = static_cast<std::int32_t>(random());
      control.image = random() % 3;
    }
    auto& header = both.shared.header();
    header.ring_records = static_cast<std::uint32_t>(random());
    header.ring_stride = random();
    header.claim_hint = static_cast<std::uint32_t>(random());
    both.now += random() % (2 * kSecond);
    CHECK(both.Poll() <= std::uint64_t{8} * 3 * kRecords);
    if (round % 10 == 0) both.channel.Reap(both.sink, NobodyAlive);
  }
}

TEST_CASE("Channel: thousands of owners pass through, and unused memory is given back") {
  Both both;
  constexpr std::uint32_t kThreads = 3000;
  std::vector<std::unique_ptr<FakeProducer>> producers;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    producers.push_back(std::make_unique<FakeProducer>(both.shared, i, 100,
                                                       static_cast<std::int32_t>(1000 + i), 7));
    for (std::uint32_t k = 0; k < i % 200; ++k) {
      producers.back()->Emit(i);
    }
    producers.back()->Emit(i, 1);
  }
  both.PollUntilScanned();
  CHECK(both.sink.owners.size() == kThreads);
  for (auto& producer : producers) producer->Retire();
  both.Poll();
  std::uint32_t prepared = 0;
  for (std::uint32_t ring = 0; ring < kThreads; ++ring) {
    const auto state = static_cast<RingState>(both.shared.state(ring));
    REQUIRE((state == RingState::kFree || state == RingState::kPrepared));
    prepared += state == RingState::kPrepared;
  }
  CHECK(prepared <= 128);
  // A ring whose pages were given back reads as uncommitted in its next lap, whichever it is.
  const auto events = both.channel.totals().events;
  for (std::uint32_t i = 0; i < kThreads; ++i) {
    FakeProducer producer(both.shared, i, 100, static_cast<std::int32_t>(9000 + i), 7);
    producer.Emit(i);
    producer.Retire();
  }
  both.PollUntilScanned();
  CHECK(both.channel.totals().events == events + kThreads);
  CHECK(both.channel.totals().corrupt == 0);
}

TEST_CASE("Channel: what threads counted is told at their end and stays in the totals") {
  Both both;
  FakeProducer producer(both.shared, 0, 100, 101, 7);
  producer.Emit(1);
  both.shared.control(0).stalls = 3;
  both.shared.control(0).stall_ns = 5000;
  both.shared.control(0).dropped = 2;
  both.shared.header().unringed_events = 10;
  both.Poll();
  CHECK(both.channel.totals().stalls == 3);
  CHECK(both.channel.totals().dropped == 12);
  producer.Retire();
  both.Poll();
  CHECK(both.sink.owners[0].name.stalls == 3);
  CHECK(both.sink.owners[0].name.stall_ns == 5000);
  CHECK(both.sink.owners[0].name.dropped == 2);
  CHECK(both.channel.totals().stalls == 3);
  CHECK(both.channel.totals().dropped == 12);
}

TEST_CASE("Channel: it beats, and says when it is closed") {
  Both both;
  both.Poll();
  CHECK(both.shared.header().heartbeat_ns == both.now);
  CHECK(both.shared.header().state == static_cast<std::uint32_t>(ChannelState::kOpen));
  both.channel.Close();
  CHECK(both.shared.header().state == static_cast<std::uint32_t>(ChannelState::kClosed));
}
