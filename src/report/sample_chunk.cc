#include "report/sample_chunk.h"

#include <algorithm>
#include <limits>

#include "report/gzip.h"

namespace heimdallr::report {
namespace {

std::uint64_t UnitFor(const std::vector<Sample>& samples, std::uint64_t least) {
  std::uint64_t longest = 0;
  for (std::size_t i = 1; i < samples.size(); ++i) {
    longest = std::max(longest, samples[i].time_ns - samples[i - 1].time_ns);
  }
  // One less than fits, as times are rounded down.
  return std::max(least, 1 + longest / (std::numeric_limits<std::uint32_t>::max() - 1));
}

class PlaneWriter {
 public:
  PlaneWriter(std::size_t rows, std::size_t bytes_per_row)
      : rows_(rows), bytes_(rows * bytes_per_row) {}

  // Byte k of all values, then byte k + 1.
  template <typename Value>
  void Add(std::size_t width, Value&& value_of) {
    for (std::size_t row = 0; row < rows_; ++row) {
      std::uint32_t value = value_of(row);
      for (std::size_t byte = 0; byte < width; ++byte, value >>= 8) {
        bytes_[at_ + byte * rows_ + row] = static_cast<std::uint8_t>(value & 0xff);
      }
    }
    at_ += width * rows_;
  }
  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::size_t rows_;
  std::size_t at_ = 0;
  std::vector<std::uint8_t> bytes_;
};

class PlaneReader {
 public:
  PlaneReader(std::size_t rows, std::span<const std::uint8_t> bytes) : rows_(rows), bytes_(bytes) {}

  template <typename Take>
  void Next(std::size_t width, Take&& take) {
    for (std::size_t row = 0; row < rows_; ++row) {
      std::uint32_t value = 0;
      for (std::size_t byte = width; byte-- > 0;)
        value = value << 8 | bytes_[at_ + byte * rows_ + row];
      take(row, value);
    }
    at_ += width * rows_;
  }

 private:
  std::size_t rows_;
  std::size_t at_ = 0;
  std::span<const std::uint8_t> bytes_;
};

}  // namespace

std::vector<std::string> SamplePlanes::names() const {
  std::vector<std::string> names{"dt", "y", "object", "code", "thread", "meta"};
  if (latency) names.emplace_back("latency");
  if (estimate) names.emplace_back("estimate");
  if (cpu_time) names.emplace_back("time");
  return names;
}

EncodedChunk Encode(std::vector<Sample>& samples, const SamplePlanes& planes,
                    std::uint64_t least_time_unit_ns) {
  const auto earlier = [](const Sample& a, const Sample& b) { return a.time_ns < b.time_ns; };
  if (!std::is_sorted(samples.begin(), samples.end(), earlier)) {
    std::stable_sort(samples.begin(), samples.end(), earlier);
  }
  EncodedChunk chunk{.info = {.count = samples.size()}, .gzip = {}};
  if (samples.empty()) return chunk;
  ChunkInfo& info = chunk.info;
  info.first_ns = samples.front().time_ns;
  info.last_ns = samples.back().time_ns;
  info.time_unit_ns = UnitFor(samples, least_time_unit_ns);
  PlaneWriter out(samples.size(), planes.bytes());
  // Differences of rounded times, not rounded differences: errors do not add up.
  std::uint64_t before = 0;
  out.Add(4, [&](std::size_t i) {
    const std::uint64_t units = (samples[i].time_ns - info.first_ns) / info.time_unit_ns;
    const auto dt = static_cast<std::uint32_t>(units - before);
    before = units;
    return dt;
  });
  out.Add(4, [&](std::size_t i) { return samples[i].y; });
  out.Add(3, [&](std::size_t i) { return samples[i].object; });
  out.Add(2, [&](std::size_t i) { return samples[i].code; });
  out.Add(2, [&](std::size_t i) { return samples[i].thread; });
  out.Add(1, [&](std::size_t i) { return samples[i].meta; });
  if (planes.latency) out.Add(2, [&](std::size_t i) { return samples[i].latency_cycles; });
  if (planes.estimate) out.Add(2, [&](std::size_t i) { return samples[i].estimate; });
  if (planes.cpu_time) out.Add(2, [&](std::size_t i) { return samples[i].cpu_time; });
  chunk.gzip = Gzip(out.bytes());
  return chunk;
}

absl::StatusOr<std::vector<Sample>> Decode(const std::string& gzip, const ChunkInfo& info,
                                           const SamplePlanes& planes) {
  const auto bytes = Gunzip(gzip, info.count * planes.bytes());
  if (!bytes.ok()) return bytes.status();
  std::vector<Sample> samples(info.count);
  PlaneReader in(info.count, *bytes);
  std::uint64_t time_ns = info.first_ns;
  in.Next(4, [&](std::size_t i, std::uint32_t value) {
    time_ns += value * info.time_unit_ns;
    samples[i].time_ns = time_ns;
  });
  const auto narrow = [](std::uint32_t value) { return static_cast<std::uint16_t>(value); };
  in.Next(4, [&](std::size_t i, std::uint32_t value) { samples[i].y = value; });
  in.Next(3, [&](std::size_t i, std::uint32_t value) { samples[i].object = value; });
  in.Next(2, [&](std::size_t i, std::uint32_t value) { samples[i].code = narrow(value); });
  in.Next(2, [&](std::size_t i, std::uint32_t value) { samples[i].thread = narrow(value); });
  in.Next(1, [&](std::size_t i, std::uint32_t value) {
    samples[i].meta = static_cast<std::uint8_t>(value);
  });
  if (planes.latency) {
    in.Next(2,
            [&](std::size_t i, std::uint32_t value) { samples[i].latency_cycles = narrow(value); });
  }
  if (planes.estimate) {
    in.Next(2, [&](std::size_t i, std::uint32_t value) { samples[i].estimate = narrow(value); });
  }
  if (planes.cpu_time) {
    in.Next(2, [&](std::size_t i, std::uint32_t value) { samples[i].cpu_time = narrow(value); });
  }
  return samples;
}

}  // namespace heimdallr::report
