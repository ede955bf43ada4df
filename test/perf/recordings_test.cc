// Decoding of what real kernels wrote; expected values are perf's own and
// test/data/perf/SOURCES.md.
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <tuple>

#include <catch2/catch.hpp>

#include "perf/decode.h"
#include "perf_data_file.h"

namespace heimdallr::perf {
namespace {

/// Records decoded, by index of their type in KernelRecord.
struct Counts {
  std::map<std::size_t, int> by_type;
  int failed = 0;
  int unthrottled = 0;
  int old_mmap = 0;

  template <typename T>
  int Of() const {
    const auto found = by_type.find(KernelRecord(T{}).index());
    return found == by_type.end() ? 0 : found->second;
  }
};

Counts Count(const PerfDataFile& file) {
  Counts counts;
  file.ForEach([&](const RawRecord& raw) {
    const auto record = Decode(raw, file.layout);
    if (!record.ok()) {
      ++counts.failed;
      return;
    }
    ++counts.by_type[record->index()];
    if (const auto* throttle = std::get_if<ThrottleRecord>(&*record)) {
      counts.unthrottled += throttle->throttled ? 0 : 1;
    }
    counts.old_mmap += raw.type == PERF_RECORD_MMAP;
  });
  return counts;
}

/// pid, tid, cpu, time, address, data source, latency, ip.
using SampleValues = std::tuple<std::int32_t, std::int32_t, std::uint32_t, std::uint64_t,
                                std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>;

std::multiset<SampleValues> SamplesPrintedByPerf() {
  std::ifstream file(std::string(HEIMDALLR_TEST_DATA) + "/perf/perf.data.weight_struct.script.txt");
  REQUIRE(file);
  const std::regex pattern(
      R"((\d+)/(\d+)\s+\[(\d+)\]\s+(\d+)\.(\d+):\s+([0-9a-f]+)\s+([0-9a-f]+) \|.*\|BLK\s+N/A\s+(\d+)\s+(\d+)\s+([0-9a-f]+))");
  std::multiset<SampleValues> samples;
  for (std::string line; std::getline(file, line);) {
    std::smatch m;
    if (!std::regex_search(line, m, pattern)) continue;
    const auto number = [&](std::size_t i, int base = 10) {
      return std::stoull(m[i], nullptr, base);
    };
    samples.emplace(static_cast<std::int32_t>(number(1)), static_cast<std::int32_t>(number(2)),
                    static_cast<std::uint32_t>(number(3)), number(4) * 1'000'000'000 + number(5),
                    number(6, 16), number(7, 16), number(8), number(10, 16));
  }
  return samples;
}

}  // namespace

TEST_CASE("Decode: Skylake load samples have the values that perf prints") {
  const auto file = PerfDataFile::Load("perf.data.weight_struct");
  std::multiset<SampleValues> decoded;
  file.ForEach([&](const RawRecord& raw) {
    if (raw.type != PERF_RECORD_SAMPLE) return;
    const auto record = Decode(raw, file.layout);
    REQUIRE(record.ok());
    const auto& s = std::get<SampleRecord>(*record);
    CHECK(s.exact_ip);
    decoded.emplace(s.origin.pid, s.origin.tid, s.origin.cpu, s.origin.time_ns, s.address,
                    s.data_source, s.latency_cycles, s.ip);
  });
  const auto expected = SamplesPrintedByPerf();
  CHECK(expected.size() == 14);
  CHECK(decoded == expected);
}

TEST_CASE("Decode: the process records of a recording of a whole machine are all there") {
  const Counts counts = Count(PerfDataFile::Load("perf.data.weight_struct"));
  CHECK(counts.failed == 0);
  CHECK(counts.Of<MmapRecord>() == 6930 + 15);
  CHECK(counts.old_mmap == 15);
  CHECK(counts.Of<CommRecord>() == 2959);
  CHECK(counts.Of<ForkRecord>() == 2955);
  CHECK(counts.Of<ExitRecord>() == 59);
  CHECK(counts.Of<SampleRecord>() == 14);
}

TEST_CASE("Decode: throttling is told apart from its end") {
  const Counts counts = Count(PerfDataFile::Load("perf.data.throttle-3.8"));
  CHECK(counts.failed == 0);
  CHECK(counts.Of<SampleRecord>() == 14980);
  CHECK(counts.Of<ThrottleRecord>() - counts.unthrottled == 68);
  CHECK(counts.unthrottled == 64);
}

TEST_CASE("Decode: samples lost by the hardware are counted") {
  const Counts counts = Count(PerfDataFile::Load("perf.data.lost_samples-4.4"));
  CHECK(counts.failed == 0);
  CHECK(counts.Of<SampleRecord>() == 191);
  CHECK(counts.Of<LostSamplesRecord>() == 2);
}

TEST_CASE("Decode: a mapping has its address, size, protection and path") {
  const auto file = PerfDataFile::Load("perf.data.weight_struct");
  int named = 0;
  file.ForEach([&](const RawRecord& raw) {
    if (raw.type != PERF_RECORD_MMAP2) return;
    const auto record = Decode(raw, file.layout);
    REQUIRE(record.ok());
    const auto& mapping = std::get<MmapRecord>(*record);
    CHECK(mapping.size % 4096 == 0);
    CHECK(mapping.address % 4096 == 0);
    CHECK(mapping.protection <= 7);
    named += !mapping.path.empty() && mapping.path.find_first_of("\x01\x7f\n") == std::string::npos;
  });
  CHECK(named == 6930);
}

}  // namespace heimdallr::perf
