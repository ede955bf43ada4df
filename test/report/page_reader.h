// Reads a page as its viewer would: JSON by searching, planes by zlib; nothing of what wrote it.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <absl/strings/escaping.h>
#include <catch2/catch.hpp>

#include "report/report_page.h"

namespace heimdallr::report {

inline constexpr const char* kChunk = "<script type=\"text/plain\" class=\"heimdallr-chunk\"";

inline std::string PageOf(const std::vector<ReportInput>& inputs, const ReportLimits& limits = {},
                          std::vector<RunSummary>* summaries = nullptr) {
  std::string page;
  const auto runs = WritePage(inputs, limits, "tool 1", [&](std::string_view bytes) {
    page += bytes;
    return absl::OkStatus();
  });
  REQUIRE(runs.ok());
  if (summaries != nullptr) *summaries = *runs;
  return page;
}

inline std::string JsonOf(const std::string& page) {
  const std::string begin = "id=\"heimdallr-report\">";
  const std::size_t at = page.find(begin) + begin.size();
  return page.substr(at, page.find("</script>", at) - at);
}

// A column of numbers: the first one of that name behind `after`.
inline std::vector<double> Column(const std::string& json, const std::string& after,
                                  const std::string& name) {
  const std::size_t from = json.find("\"" + after + "\":{");
  REQUIRE(from != std::string::npos);
  const std::string key = "\"" + name + "\":[";
  std::size_t at = json.find(key, from);
  REQUIRE(at != std::string::npos);
  at += key.size();
  std::vector<double> values;
  while (json[at] != ']') {
    std::size_t used = 0;
    values.push_back(std::stod(json.substr(at, 30), &used));
    at += used;
    if (json[at] == ',') ++at;
  }
  return values;
}

inline double Number(const std::string& json, const std::string& after, const std::string& name) {
  const std::size_t from = json.find("\"" + after + "\":");
  REQUIRE(from != std::string::npos);
  const std::string key = "\"" + name + "\":";
  const std::size_t at = json.find(key, from);
  REQUIRE(at != std::string::npos);
  return std::stod(json.substr(at + key.size(), 30));
}

inline double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

inline std::string Gunzipped(const std::string& base64) {
  std::string packed;
  REQUIRE(absl::Base64Unescape(base64, &packed));
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 31) == Z_OK);
  std::string bytes(64 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

inline std::vector<std::uint32_t> Tiles(const std::string& json, const std::string& kind) {
  const std::string key = "\"" + kind + "\":\"";
  const std::size_t at = json.find(key, json.find("\"tiles\":")) + key.size();
  const std::string bytes = Gunzipped(json.substr(at, json.find('"', at) - at));
  REQUIRE(bytes.size() == 1024 * 1024 * 4);
  std::vector<std::uint32_t> tiles;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    tiles.push_back(static_cast<unsigned char>(bytes[i]) +
                    256U * static_cast<unsigned char>(bytes[i + 1]));
  }
  return tiles;
}

inline std::uint64_t TileSum(const std::string& json, const std::string& kind) {
  std::uint64_t sum = 0;
  for (const std::uint32_t count : Tiles(json, kind)) sum += count;
  return sum;
}

inline std::uint64_t UsedTiles(const std::string& json, const std::string& kind) {
  std::uint64_t used = 0;
  for (const std::uint32_t count : Tiles(json, kind)) used += count == 0 ? 0 : 1;
  return used;
}

inline std::size_t Occurrences(const std::string& text, const std::string& wanted) {
  std::size_t count = 0;
  for (std::size_t at = text.find(wanted); at != std::string::npos;
       at = text.find(wanted, at + 1)) {
    ++count;
  }
  return count;
}

/// A sample of the first run, of the columns that are always there.
struct PageSample {
  std::uint32_t y = 0;
  std::uint32_t object = 0;
  unsigned meta = 0;
};

/// Samples of all chunks of a page with one run.
inline std::vector<PageSample> SamplesOf(const std::string& page) {
  std::vector<PageSample> samples;
  const std::vector<double> counts = Column(JsonOf(page), "chunks", "count");
  std::size_t at = 0;
  for (const double count : counts) {
    at = page.find(kChunk, at);
    REQUIRE(at != std::string::npos);
    const std::size_t begin = page.find('>', at) + 1;
    const std::string planes = Gunzipped(page.substr(begin, page.find('<', begin) - begin));
    const auto rows = static_cast<std::size_t>(count);
    const auto number = [&](std::size_t offset, std::size_t width, std::size_t row) {
      std::uint32_t value = 0;
      for (std::size_t byte = width; byte-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(planes[(offset + byte) * rows + row]);
      }
      return value;
    };
    // dt 4, y 4, object 3, code 2, thread 2, meta 1
    for (std::size_t row = 0; row < rows; ++row) {
      samples.push_back({number(4, 4, row), number(8, 3, row), number(15, 1, row)});
    }
    at = begin;
  }
  return samples;
}

}  // namespace heimdallr::report
