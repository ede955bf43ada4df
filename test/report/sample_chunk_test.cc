#include "report/sample_chunk.h"

#include <zlib.h>

#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "report/chunk_store.h"
#include "report/half_float.h"

namespace heimdallr::report {
namespace {

// The planes as README.md describes them, read without the code under test.
std::string Unpacked(const std::string& gzip, std::size_t size) {
  std::string bytes(size, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 31) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  CHECK(stream.total_out == size);
  inflateEnd(&stream);
  return bytes;
}

std::uint32_t At(const std::string& planes, std::size_t offset, std::size_t width, std::size_t rows,
                 std::size_t row) {
  std::uint32_t value = 0;
  for (std::size_t k = 0; k < width; ++k) {
    value |= std::uint32_t{static_cast<unsigned char>(planes[offset + k * rows + row])} << (8 * k);
  }
  return value;
}

std::vector<Sample> SomeSamples(std::size_t count) {
  std::mt19937 random(1);
  std::vector<Sample> samples(count);
  std::uint64_t time = 5'000'000'000;
  for (Sample& sample : samples) {
    time += random() % 100'000;
    sample = {.time_ns = time,
              .y = static_cast<std::uint32_t>(random()),
              .object = static_cast<std::uint32_t>(random() & 0xffffff),
              .code = static_cast<std::uint16_t>(random()),
              .thread = static_cast<std::uint16_t>(random()),
              .latency_cycles = static_cast<std::uint16_t>(random()),
              .estimate = static_cast<std::uint16_t>(random()),
              .cpu_time = static_cast<std::uint16_t>(random()),
              .meta = static_cast<std::uint8_t>(random())};
  }
  return samples;
}

TEST_CASE("Encode: the planes are as the page's description says") {
  std::vector<Sample> samples = SomeSamples(1000);
  const SamplePlanes planes{.latency = true, .estimate = true, .cpu_time = true};
  const EncodedChunk chunk = Encode(samples, planes);
  CHECK(chunk.info.count == 1000);
  CHECK(chunk.info.first_ns == samples.front().time_ns);
  CHECK(chunk.info.time_unit_ns == 1);
  const std::string bytes = Unpacked(chunk.gzip, 22 * 1000);
  std::uint64_t time = chunk.info.first_ns;
  for (std::size_t i = 0; i < 1000; ++i) {
    const Sample& s = samples[i];
    time += At(bytes, 0, 4, 1000, i);
    CHECK(time == s.time_ns);
    CHECK(At(bytes, 4'000, 4, 1000, i) == s.y);
    CHECK(At(bytes, 8'000, 3, 1000, i) == s.object);
    CHECK(At(bytes, 11'000, 2, 1000, i) == s.code);
    CHECK(At(bytes, 13'000, 2, 1000, i) == s.thread);
    CHECK(At(bytes, 15'000, 1, 1000, i) == s.meta);
    CHECK(At(bytes, 16'000, 2, 1000, i) == s.latency_cycles);
    CHECK(At(bytes, 18'000, 2, 1000, i) == s.estimate);
    CHECK(At(bytes, 20'000, 2, 1000, i) == s.cpu_time);
  }
}

TEST_CASE("Encode: columns that are not wanted are left out") {
  std::vector<Sample> samples = SomeSamples(10);
  const SamplePlanes planes{.estimate = true};
  CHECK(planes.names() ==
        std::vector<std::string>{"dt", "y", "object", "code", "thread", "meta", "estimate"});
  const std::string bytes = Unpacked(Encode(samples, planes).gzip, 18 * 10);
  CHECK(At(bytes, 160, 2, 10, 3) == samples[3].estimate);
}

TEST_CASE("Encode: a long pause takes coarser times, whose errors do not add up") {
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < 100; ++i) samples.push_back({.time_ns = i * 20'000'000'001});
  const EncodedChunk chunk = Encode(samples, {});
  CHECK(chunk.info.time_unit_ns > 1);
  const auto decoded = Decode(chunk.gzip, chunk.info, {});
  REQUIRE(decoded.ok());
  for (std::size_t i = 0; i < 100; ++i) {
    CHECK(samples[i].time_ns - (*decoded)[i].time_ns < chunk.info.time_unit_ns);
  }
}

TEST_CASE("Encode: what comes late is put in order") {
  std::vector<Sample> samples{
      {.time_ns = 30, .y = 3}, {.time_ns = 10, .y = 1}, {.time_ns = 30, .y = 4}};
  const EncodedChunk chunk = Encode(samples, {});
  const auto decoded = Decode(chunk.gzip, chunk.info, {});
  REQUIRE(decoded.ok());
  CHECK((*decoded)[0].y == 1);
  CHECK((*decoded)[1].y == 3);
  CHECK((*decoded)[2].time_ns == 30);
}

TEST_CASE("Decode: a stream that is damaged, cut or of another length is an error") {
  std::vector<Sample> samples = SomeSamples(100);
  const EncodedChunk chunk = Encode(samples, {});
  CHECK_FALSE(Decode(chunk.gzip.substr(0, chunk.gzip.size() / 2), chunk.info, {}).ok());
  CHECK_FALSE(Decode("", chunk.info, {}).ok());
  ChunkInfo longer = chunk.info;
  ++longer.count;
  CHECK_FALSE(Decode(chunk.gzip, longer, {}).ok());
  --longer.count;
  --longer.count;
  CHECK_FALSE(Decode(chunk.gzip, longer, {}).ok());
}

TEST_CASE("ChunkStore: gives back what it was given, in chunks") {
  std::vector<Sample> samples = SomeSamples(1000);
  auto file = ScratchFile::Create();
  REQUIRE(file.ok());
  const SamplePlanes planes{.latency = true, .estimate = true, .cpu_time = true};
  ChunkStore store(*std::move(file), planes, 300);
  for (const Sample& sample : samples) store.Add(sample);
  REQUIRE(store.Finish().ok());
  REQUIRE(store.chunks().size() == 4);
  CHECK(store.count() == 1000);
  std::vector<Sample> all;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto packed = store.Read(i);
    REQUIRE(packed.ok());
    const auto part = Decode(*packed, store.chunks()[i], planes);
    REQUIRE(part.ok());
    all.insert(all.end(), part->begin(), part->end());
  }
  CHECK(all == samples);
  CHECK(absl::IsNotFound(store.Read(4).status()));
}

TEST_CASE("HalfBits: values of IEEE 754") {
  const std::map<float, unsigned> known = {
      {0.0F, 0x0000},          {1.0F, 0x3c00},          {-2.0F, 0xc000},
      {65504.0F, 0x7bff},      {0.5F, 0x3800},          {0.1F, 0x2e66},
      {65519.0F, 0x7bff},      {65520.0F, 0x7c00},      {1e9F, 0x7c00},
      {6.1035156e-5F, 0x0400}, {5.9604645e-8F, 0x0001}, {2e-8F, 0x0000},
      {2049.0F, 0x6800},       {2051.0F, 0x6802},       {6.0975552e-5F, 0x03ff},
      {2.9802322e-8F, 0x0000}, {2.9802326e-8F, 0x0001}};
  for (const auto& [value, bits] : known) CHECK(HalfBits(value) == bits);
}

}  // namespace
}  // namespace heimdallr::report
