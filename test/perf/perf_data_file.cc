#include "perf_data_file.h"

#include <zstd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

namespace heimdallr::perf {
namespace {

/// struct perf_file_header of tools/perf/util/header.h.
struct Section {
  std::uint64_t offset;
  std::uint64_t size;
};

struct FileHeader {
  char magic[8];
  std::uint64_t size;
  std::uint64_t attribute_size;  ///< of attribute and the section of its ids
  Section attributes;
  Section data;
};

std::vector<std::byte> Decompress(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  const std::string packed((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  REQUIRE(size < (1U << 30));
  std::vector<std::byte> bytes(size);
  REQUIRE(ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size()) == size);
  return bytes;
}

}  // namespace

PerfDataFile PerfDataFile::Load(const std::string& name) {
  const auto bytes = Decompress(std::string(HEIMDALLR_TEST_DATA) + "/perf/" + name + ".zst");
  FileHeader header;
  REQUIRE(bytes.size() > sizeof(header));
  std::memcpy(&header, bytes.data(), sizeof(header));
  REQUIRE(std::string(header.magic, 8) == "PERFILE2");
  REQUIRE(header.data.offset + header.data.size <= bytes.size());
  REQUIRE(header.attributes.offset + header.attribute_size <= bytes.size());

  perf_event_attr attributes{};
  const std::size_t size =
      std::min<std::size_t>(header.attribute_size - sizeof(Section), sizeof(attributes));
  std::memcpy(&attributes, bytes.data() + header.attributes.offset, size);

  PerfDataFile result;
  result.layout.sample_type = attributes.sample_type;
  result.layout.read_format = attributes.read_format;
  result.layout.user_registers = attributes.sample_regs_user;
  result.layout.interrupt_registers = attributes.sample_regs_intr;
  result.layout.branch_sample_type = attributes.branch_sample_type;
  result.layout.sample_id_all = attributes.sample_id_all;
  const auto data = std::span(bytes).subspan(header.data.offset, header.data.size);
  result.records.assign(data.begin(), data.end());
  return result;
}

RawRecord PerfDataFile::At(std::size_t position) const {
  perf_event_header header;
  std::memcpy(&header, records.data() + position, sizeof(header));
  if (header.size < sizeof(header) || header.size > records.size() - position) return {};
  return {header.type, header.misc, std::span(records).subspan(position, header.size)};
}

}  // namespace heimdallr::perf
