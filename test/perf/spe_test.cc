// Packets and records of test/data/perf/spe-packets.tsv, which other decoders printed.
#include <linux/perf_event.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "perf/memory_access.h"
#include "perf/spe_decoder.h"

namespace heimdallr::perf {
namespace {

struct Line {
  std::vector<std::byte> bytes;
  std::string text;
};

std::vector<Line> Lines() {
  std::ifstream file(std::string(HEIMDALLR_TEST_DATA) + "/perf/spe-packets.tsv");
  REQUIRE(file);
  std::vector<Line> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t tab = line.find('\t');
    std::istringstream words(line.substr(0, tab));
    Line packet{.text = line.substr(tab + 1)};
    for (std::string word; words >> word;) {
      packet.bytes.push_back(static_cast<std::byte>(std::stoul(word, nullptr, 16)));
    }
    lines.push_back(std::move(packet));
  }
  REQUIRE(lines.size() > 40);
  return lines;
}

constexpr std::uint64_t kAddressMask = (std::uint64_t{1} << 56) - 1;

// What the decoders named in SOURCES.md print; registers and attributes of addresses left out.
std::string TextOf(const SpePacket& packet) {
  const std::uint64_t address = packet.payload & kAddressMask;
  switch (packet.kind) {
    case SpePacketKind::kPadding:
      return "PAD";
    case SpePacketKind::kEnd:
      return "END";
    case SpePacketKind::kTimestamp:
      return fmt::format("TS {}", packet.payload);
    case SpePacketKind::kAddress: {
      const char* const names[] = {"PC", "TGT", "VA", "PA"};
      return fmt::format("{} {:#x}", names[packet.index], address);
    }
    case SpePacketKind::kCounter: {
      const char* const names[] = {"TOT", "ISSUE", "XLAT"};
      return fmt::format("LAT {} {}", packet.payload, names[packet.index]);
    }
    case SpePacketKind::kDataSource:
      return fmt::format("DATA-SOURCE {}", packet.payload);
    case SpePacketKind::kContext:
      return fmt::format("CONTEXT {:#x}", packet.payload);
    case SpePacketKind::kEvents:
      return "EV";
    case SpePacketKind::kOperation:
      return packet.index == 1 ? (packet.payload & 1 ? "ST" : "LD") : "B";
    case SpePacketKind::kUnknown:
      break;
  }
  return "?";
}

TEST_CASE("FirstSpePacket: packets that other decoders know") {
  for (const Line& line : Lines()) {
    CAPTURE(line.text);
    const auto packet = FirstSpePacket(line.bytes);
    REQUIRE(packet);
    const bool padding = packet->kind == SpePacketKind::kPadding;
    CHECK(packet->size == (padding ? 1 : line.bytes.size()));
    CHECK(line.text.starts_with(TextOf(*packet)));
    for (std::size_t cut = 0; cut < packet->size; ++cut) {
      CHECK_FALSE(FirstSpePacket(std::span(line.bytes).first(cut)));
    }
  }
}

TEST_CASE("FirstSpePacket: the bits of events have the names that other decoders print") {
  const std::map<std::string, std::uint64_t> names = {{"RETIRED", kSpeRetired},
                                                      {"L1D-ACCESS", kSpeL1Access},
                                                      {"L1D-REFILL", kSpeL1Refill},
                                                      {"TLB-ACCESS", kSpeTlbAccess},
                                                      {"NOT-TAKEN", std::uint64_t{1} << 6},
                                                      {"LLC-ACCESS", kSpeLastLevelAccess},
                                                      {"LLC-REFILL", kSpeLastLevelMiss}};
  int checked = 0;
  for (const Line& line : Lines()) {
    if (!line.text.starts_with("EV ")) continue;
    std::uint64_t expected = 0;
    std::istringstream words(line.text.substr(3));
    for (std::string word; words >> word;) expected |= names.at(word);
    CHECK(FirstSpePacket(line.bytes)->payload == expected);
    ++checked;
  }
  CHECK(checked >= 5);
}

std::vector<std::byte> Joined(std::size_t first, std::size_t count) {
  std::vector<std::byte> bytes;
  const auto lines = Lines();
  for (std::size_t i = first; i < first + count; ++i) {
    bytes.insert(bytes.end(), lines[i].bytes.begin(), lines[i].bytes.end());
  }
  return bytes;
}

std::vector<SpeRecord> Records(std::span<const std::byte> bytes, std::uint64_t bad = 0) {
  std::vector<SpeRecord> records;
  const SpeCounts counts =
      DecodeSpe(bytes, [&](const SpeRecord& record) { records.push_back(record); });
  CHECK(counts.records == records.size());
  CHECK(counts.bad_bytes == bad);
  return records;
}

TEST_CASE("DecodeSpe: a load of the kernel, then a branch") {
  const auto records = Records(Joined(0, 23));
  REQUIRE(records.size() == 2);
  const SpeRecord& load = records[0];
  CHECK(load.ip == 0xffff'ba66'eda1'c2d0);  // bit 55 is set: the byte above is ones
  CHECK(load.address == 0xffff'0e37'0309'6b28);
  CHECK(load.timestamp == 44731163950);
  CHECK(load.total_cycles == 12);
  CHECK(load.issue_cycles == 4);
  CHECK(load.translation_cycles == 1);
  CHECK(load.context == 0x5f80);
  CHECK(load.exception_level == 2);
  CHECK(load.loads);
  CHECK_FALSE(load.stores);
  const SpeRecord& branch = records[1];
  CHECK_FALSE(branch.loads);
  CHECK_FALSE(branch.stores);
  CHECK(branch.timestamp == 44731164045);
  const auto access = AccessOf(ToSample(branch), PERF_SAMPLE_DATA_SRC);
  REQUIRE(std::holds_alternative<LossKind>(access));
  CHECK(std::get<LossKind>(access) == LossKind::kNotMemory);
}

TEST_CASE("DecodeSpe: damage takes one record along, not the next") {
  std::vector<std::byte> bytes = Joined(0, 23);
  bytes[9] = std::byte{0x03};  // in the first padding
  const auto records = Records(bytes, 1);
  REQUIRE(records.size() == 1);
  CHECK(records[0].timestamp == 44731164045);
}

TEST_CASE("ToSample: levels and translation as perf makes them of a record's events") {
  // perf's own for records like these: data_src-vectors.tsv, "ARM SPE, synthesised by perf".
  SpeRecord record{.events = kSpeL1Access | kSpeL1Refill | kSpeTlbAccess, .loads = true};
  const std::uint64_t made = ToSample(record).data_source;
  CHECK((made & 0x1f) == (0x88000182 & 0x1f));
  CHECK((made >> 5 & 0x3fff) == (0x88000182U >> 5 & 0x3fff));
  CHECK((made >> 26 & 0x7f) == (0x88000182U >> 26 & 0x7f));
}

}  // namespace
}  // namespace heimdallr::perf
