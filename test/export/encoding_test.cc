// The encodings of Parquet files, against decoders and examples of their specifications.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "export/hybrid_encoding.h"
#include "export/thrift_compact.h"

namespace heimdallr::exports {
namespace {

std::string Bytes(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values) bytes += static_cast<char>(value);
  return bytes;
}

// By the grammar in parquet-format's Encodings.md.
std::vector<std::uint32_t> Decoded(const std::string& bytes, int bits, std::size_t count) {
  std::vector<std::uint32_t> values;
  std::size_t at = 0;
  const auto byte = [&] { return static_cast<unsigned char>(bytes.at(at++)); };
  while (values.size() < count) {
    std::uint64_t head = 0;
    for (int shift = 0;; shift += 7) {
      const unsigned next = byte();
      head |= std::uint64_t{next & 0x7f} << shift;
      if (next < 0x80) break;
    }
    if ((head & 1) == 0) {
      std::uint32_t value = 0;
      for (int shift = 0; shift < bits; shift += 8) value |= std::uint32_t{byte()} << shift;
      values.insert(values.end(), head >> 1, value);
      continue;
    }
    std::vector<bool> packed;
    for (std::size_t i = 0; i < (head >> 1) * static_cast<std::size_t>(bits); ++i) {
      const unsigned next = byte();
      for (int bit = 0; bit < 8; ++bit) packed.push_back(((next >> bit) & 1) != 0);
    }
    for (std::size_t i = 0; i < (head >> 1) * 8; ++i) {
      std::uint32_t value = 0;
      for (int bit = 0; bit < bits; ++bit) {
        const auto index = i * static_cast<std::size_t>(bits) + static_cast<std::size_t>(bit);
        if (packed[index]) value |= 1U << bit;
      }
      values.push_back(value);
    }
  }
  REQUIRE(at == bytes.size());
  REQUIRE(values.size() - count < 8);  // zeros that fill a group
  values.resize(count);
  return values;
}

}  // namespace

TEST_CASE("AppendHybrid: packs 0 to 7 by three bits as the specification's example") {
  const std::vector<std::uint32_t> values = {0, 1, 2, 3, 4, 5, 6, 7};
  std::string out;
  AppendHybrid(values, 3, out);
  CHECK(out == Bytes({0x03, 0x88, 0xc6, 0xfa}));
}

TEST_CASE("AppendHybrid: a run takes a head and one value") {
  const std::vector<std::uint32_t> values(1000, 5);
  std::string out;
  AppendHybrid(values, 3, out);
  CHECK(out == Bytes({0xd0, 0x0f, 0x05}));  // varint of 2000
}

TEST_CASE("AppendHybrid: what it writes reads back, for runs and noise of any length") {
  std::mt19937 random(7);
  for (const int bits : {1, 3, 7, 8, 12, 17, 32}) {
    for (int round = 0; round < 50; ++round) {
      std::vector<std::uint32_t> values;
      const std::size_t count = random() % 300;
      while (values.size() < count) {
        const auto value = static_cast<std::uint32_t>(random() & ((std::uint64_t{1} << bits) - 1));
        values.insert(values.end(), 1 + (random() % 3 == 0 ? random() % 40 : 0), value);
      }
      std::string out;
      AppendHybrid(values, bits, out);
      REQUIRE(Decoded(out, bits, values.size()) == values);
    }
  }
}

TEST_CASE("BitsFor: as many bits as the number has") {
  CHECK(BitsFor(0) == 0);
  CHECK(BitsFor(1) == 1);
  CHECK(BitsFor(7) == 3);
  CHECK(BitsFor(8) == 4);
}

TEST_CASE("ThriftWriter: fields, lists and structs as the compact protocol has them") {
  ThriftWriter out;
  out.Int32(1, -1);      // delta 1, i32; zigzag 1
  out.Int64(3, 300);     // delta 2, i64; zigzag 600 = 0xd8 0x04
  out.Flag(4, true);     // delta 1, true
  out.Binary(20, "ab");  // delta 16 does not fit: type, zigzag 40
  out.BeginStruct(21);
  out.Int8(1, 64);
  out.EndStruct();
  out.BeginInt32List(22, 2);
  out.Int32Element(1);
  out.Int32Element(-2);
  out.EndStruct();
  CHECK(out.bytes() == Bytes({0x15, 0x01, 0x26, 0xd8, 0x04, 0x11, 0x08, 0x28, 0x02, 'a',
                              'b',  0x1c, 0x13, 0x40, 0x00, 0x19, 0x25, 0x02, 0x03, 0x00}));
}

TEST_CASE("ThriftWriter: a list of 15 or more says its size apart") {
  ThriftWriter out;
  out.BeginInt32List(1, 15);
  CHECK(out.bytes() == Bytes({0x19, 0xf5, 0x0f}));
}

}  // namespace heimdallr::exports
