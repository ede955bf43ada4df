// The file as others see it: protoc and the schema alone, the worked example of proto/README.md,
// and files written long ago.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "temporary_folder.h"
#include "trace/format.h"
#include "trace/trace_writer.h"
#include "trace/wire_reader.h"
#include "trace_files.h"

namespace heimdallr::trace {
namespace {

using Catch::Matchers::Contains;

/// What protoc makes of the chunk that begins at `offset`, as text.
std::string Protoc(const TemporaryFolder& folder, std::string_view file, std::uint64_t offset) {
  WireReader reader(file.substr(offset));
  const std::string path = folder.File("chunk");
  WriteFile(path, reader.Bytes().value());
  const std::string command = fmt::format(
      "'{}' --proto_path='{}' --decode=heimdallr.trace.v1.Chunk "
      "heimdallr/trace/v1/trace.proto < '{}' 2>&1",
      HEIMDALLR_PROTOC, HEIMDALLR_PROTO_PATH, path);
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), got);
  }
  REQUIRE(pclose(pipe) == 0);
  return text;
}

std::vector<std::uint64_t> Offsets(std::string_view file) {
  std::vector<std::uint64_t> offsets;
  WireReader reader(file);
  while (!reader.empty()) {
    offsets.push_back(file.size() - reader.rest().size());
    REQUIRE(reader.Bytes().has_value());
  }
  return offsets;
}

std::uint64_t LittleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

/// The bytes of the README's block ```hex: pairs of digits; '#' begins a remark.
std::string ReadmeExample() {
  std::istringstream readme(ReadFile(std::string(HEIMDALLR_PROTO_PATH) + "/README.md"));
  std::string bytes;
  std::string line;
  bool inside = false;
  while (std::getline(readme, line)) {
    if (line.starts_with("```")) inside = line == "```hex";
    if (!inside || line.starts_with("```")) continue;
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) {
      bytes += static_cast<char>(std::stoi(word, nullptr, 16));
    }
  }
  return bytes;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

constexpr std::uint32_t kGoldenSeed = 20;
constexpr int kGoldenRecords = 1000;
const std::string kGolden = HEIMDALLR_TEST_DATA "/trace/golden-v1";

}  // namespace

TEST_CASE("Schema: protoc decodes what the writer encodes by hand") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  auto writer = TraceWriter::Create(path, FullHeader(), Compression::kNone, Overwrite::kReplace);
  REQUIRE(writer.ok());
  CHECK(writer->AddStack(std::vector<std::uint64_t>{0x1000, 0x0800}) == 1);
  writer->Add(AllocationRecord{.time_ns = 500,
                               .address = 0x2000,
                               .size = 24,
                               .caller = 0x401000,
                               .stack = 1,
                               .pid = 7,
                               .tid = 8,
                               .call = AllocationCall::kMalloc,
                               .memory = 2});
  writer->Add(AllocationRecord{.time_ns = 400,
                               .address = 0x2000,
                               .caller = 0x400800,
                               .pid = 7,
                               .tid = 8,
                               .call = AllocationCall::kFree,
                               .event = AllocationEvent::kDeallocate});
  writer->Add(AccessRecord{.time_ns = 1000,
                           .ip = 0x401000,
                           .address = 0x7000,
                           .tick = 3,
                           .data_source = 99,
                           .latency_cycles = 120,
                           .weight = 0.25F,
                           .period = 1000003,
                           .pid = 7,
                           .tid = 8,
                           .cpu = 5,
                           .size = 16,
                           .stream = 1,
                           .kind = AccessKind::kStore,
                           .direct = false});
  writer->Add(MappingRecord{.time_ns = 1,
                            .address = 4096,
                            .size = 8192,
                            .path = "/bin/x",
                            .build_id = "\x01\xff",
                            .protection = 5,
                            .pid = 7,
                            .shared = true});
  REQUIRE(writer->EndRound(2000).ok());
  writer->Add(FaultRecord{
      .time_ns = 3000, .ip = 1, .address = 2, .pid = 7, .tid = 9, .cpu = 1, .stream = 2});
  writer->Add(StatisticsRecord{.time_ns = 4000, .pid = 7, .exit_code = -1, .exit_signal = 9});
  writer->Add(PeriodRecord{
      .time_ns = 5000, .period = 4000037, .sample_cost_ns = 45000, .overhead = 0.5F, .stream = 1});
  writer->AddSymbols(ModuleSymbols{.path = "/bin/x",
                                   .build_id = "\x01\xff",
                                   .first_mapped_offset = 4096,
                                   .code = {{.offset = 4660, .frames = {{"inner()", "x.cc", 7}}}},
                                   .data = {{.offset = 256, .size = 64, .name = "table"}}});
  REQUIRE(writer->Finish({.user_ns = 11}).ok());
  const std::string file = ReadFile(path);

  std::string all;
  for (const std::uint64_t offset : Offsets(file)) all += Protoc(folder, file, offset);
  for (const std::string_view part :
       {R"(format: "heimdallr-trace")",
        "format_version: 1",
        R"(command_line: "-x \377")",
        "source: SOURCE_KIND_CLOCK",
        "depth: 2",
        "address_delta: 4096\n  address_delta: -2048",
        "site_caller_delta: 4198400\n  site_caller_delta: -2048",
        "site_call: ALLOCATION_CALL_MALLOC\n  site_call: ALLOCATION_CALL_FREE",
        "site_flags: 2\n  site_flags: 1",
        "site_stack: 1\n  site_stack: 0",
        "site_memory: 2\n  site_memory: 0",
        "memories {\n    id: 255\n    name: \"pmem:/mnt/\\377\"",
        "memory_bytes: 12884901888\n    cpus: 0\n    cpus: 1\n    cpus: 300\n    distances: 10",
        "time_delta_ns: 500\n  time_delta_ns: -100",
        "address_delta: 8192\n  address_delta: 0",
        "size_delta: 24",
        "site_ip_delta: 4198400",
        "site_kind: ACCESS_KIND_STORE",
        "site_bytes: 16",
        "site_replayed: true",
        "site_weight: 0.25",
        "data_source_value: 99",
        "time_delta_ns: 1000",
        "address_delta: 28672",
        "tick_delta: 3",
        "cpu: 5",
        "latency_cycles: 120",
        "period: 1000003",
        "period: 4000037\n    sample_cost_ns: 45000\n    overhead: 0.5\n    stream: 1",
        "first_mapped_offset: 4096\n  code_offset_delta: 4660\n  code_frames: 1\n",
        "text: \"inner()\"",
        "frame_line: 7\n  data_offset_delta: 256\n  data_bytes: 64",
        "period_records: 1\n  symbols_offset: ",
        R"(text: "/bin/x")",
        R"(text: "\001\377")",
        "protection: 5",
        "shared: true",
        "watermark_ns: 2000\n  records: 4",
        "fault_block {",
        "exit_code: -1",
        "exit_signal: 9",
        "access_records: 1\n  allocation_records: 2\n  fault_records: 1\n  mapping_records: 1",
        "user_ns: 11",
        "magic: 1162039892"}) {
    CHECK_THAT(all, Contains(std::string(part)));
  }
  CHECK_THAT(all, !Contains("data_source: "));  // one source for all: the index is left out
}

TEST_CASE("Schema: the footer is found from the end, and its index leads to the rounds") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  auto writer = TraceWriter::Create(path, TraceHeader{}, Compression::kNone, Overwrite::kReplace);
  REQUIRE(writer.ok());
  for (std::uint64_t round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i <= round; ++i) {
      writer->Add(AllocationRecord{.time_ns = 100 * round + 10 * i + 1, .address = 1});
    }
    REQUIRE(writer->EndRound(100 * round + 100).ok());
  }
  REQUIRE(writer->Finish({}).ok());
  const std::string file = ReadFile(path);
  const std::vector<std::uint64_t> offsets = Offsets(file);
  REQUIRE(offsets.size() == 7);  // header, two rounds of block and end, footer, trailer

  const std::string_view trailer = std::string_view(file).substr(file.size() - 17);
  CHECK(trailer.substr(0, 4) == "\x10\x72\x0e\x09");
  CHECK(trailer.substr(13) == "TRCE");
  CHECK(LittleEndian(trailer.substr(4, 8)) == offsets[5]);
  const std::string footer = Protoc(folder, file, offsets[5]);
  CHECK_THAT(footer, Contains(fmt::format("round_offset_delta: {}\n  round_offset_delta: {}\n",
                                          offsets[1], offsets[3] - offsets[1])));
  CHECK_THAT(footer, Contains("round_first_time_ns: 1\n  round_first_time_ns: 101\n"));
  CHECK_THAT(footer, Contains("round_last_time_ns: 1\n  round_last_time_ns: 111\n"));
  CHECK_THAT(footer, Contains("round_records: 1\n  round_records: 2\n"));
}

TEST_CASE("Schema: the worked example of proto/README.md is a trace and says what it says") {
  const TemporaryFolder folder;
  const std::string path = folder.File("example.htrace");
  const std::string bytes = ReadmeExample();
  WriteFile(path, bytes);
  const ReadTrace read = Read(path);
  INFO(read.status.ToString());
  CHECK(read.status.ok());
  CHECK(read.extent.finished);
  CHECK(read.extent.good_bytes == bytes.size());
  CHECK(read.header.tool_version == "0.1.0");
  CHECK(read.header.pid == 42);
  CHECK(read.records ==
        std::vector<std::string>{
            // time, address, size, old address, caller, stack, pid, tid, call, event
            "allocation 1000 4096 24 0 16384 0 42 42 1 0",  // malloc
            "allocation 1500 4096 0 0 16400 0 42 42 3 1",   // realloc gives up the old block
            "allocation 1600 8192 100 4096 16400 0 42 42 3 0",
            "allocation 2000 8192 0 0 16416 0 42 42 5 1"});  // free
  // The same by protoc.
  const std::vector<std::uint64_t> offsets = Offsets(bytes);
  REQUIRE(offsets.size() == 5);
  CHECK_THAT(Protoc(folder, bytes, offsets[1]), Contains("site_call: ALLOCATION_CALL_REALLOC"));
  CHECK_THAT(Protoc(folder, bytes, offsets[3]), Contains("allocation_records: 4"));
  CHECK_THAT(Protoc(folder, bytes, offsets[4]),
             Contains(fmt::format("footer_offset: {}", offsets[3])));
}

TEST_CASE("Golden: files of format version 1 are read as they were written") {
  const std::string suffix = GENERATE("", "-zstd");
  const ReadTrace read = Read(kGolden + suffix + ".trace");
  CHECK(read.status.ToString() == "OK");
  CHECK(read.extent.finished);
  CHECK(read.header.host == "node7");
  CHECK(read.header.streams.size() == 2);
  CHECK(read.records == Lines(ReadFile(kGolden + ".txt")));
  CHECK(read.records.size() == kGoldenRecords);
}

TEST_CASE("Golden: a file with periods and symbols is read as it was written") {
  const ReadTrace read = Read(kGolden + "-symbols.trace");
  CHECK(read.status.ToString() == "OK");
  std::vector<std::string> lines = read.records;
  for (const std::string& line : Lines(read.early_symbols)) lines.push_back(line);
  CHECK(lines == Lines(ReadFile(kGolden + "-symbols.txt")));
  CHECK(read.records.size() == 300);
}

TEST_CASE("Golden: a file with memories and nodes is read as it was written") {
  const ReadTrace read = Read(kGolden + "-memory.trace");
  CHECK(read.status.ToString() == "OK");
  REQUIRE(read.header.memories.size() == 2);
  CHECK(read.header.memories[0].nodes == std::vector<std::uint32_t>{0, 2});
  REQUIRE(read.header.nodes.size() == 2);
  CHECK(read.header.nodes[1].distances == std::vector<std::uint32_t>{17, 10});
  CHECK(read.records == Lines(ReadFile(kGolden + "-memory.txt")));
  CHECK(read.records.size() == 200);
}

TEST_CASE("Golden: files from before there were memories have none") {
  const ReadTrace read = Read(kGolden + ".trace");
  CHECK(read.header.memories.empty());
  CHECK(read.header.nodes.empty());
}

TEST_CASE("Golden: make the file with memories", "[.make-golden-memory]") {
  auto writer = TraceWriter::Create(kGolden + "-memory.trace", FullHeader(), Compression::kNone,
                                    Overwrite::kReplace);
  REQUIRE(writer.ok());
  RandomRecords random(kGoldenSeed + 2);
  std::string text;
  for (int i = 0; i < 200;) {
    const Record record = random.Next();
    if (!std::holds_alternative<AllocationRecord>(record)) continue;
    AddTo(*writer, record);
    text += ToText(record) + '\n';
    ++i;
  }
  REQUIRE(writer->Finish({}).ok());
  WriteFile(kGolden + "-memory.txt", text);
}

TEST_CASE("Golden: make the file with periods and symbols", "[.make-golden-symbols]") {
  auto writer = TraceWriter::Create(kGolden + "-symbols.trace", FullHeader(), Compression::kNone,
                                    Overwrite::kReplace);
  REQUIRE(writer.ok());
  RandomRecords random(kGoldenSeed + 1);
  std::string text;
  for (int i = 0; i < 300; ++i) {
    const Record record = random.Next();
    AddTo(*writer, record);
    text += ToText(record) + '\n';
  }
  const Symbols symbols = ExampleSymbols();
  for (const auto& [key, module] : symbols.modules) writer->AddSymbols(module);
  for (const auto& [pid, process] : symbols.processes) writer->AddSymbols(process);
  REQUIRE(writer->Finish({}).ok());
  WriteFile(kGolden + "-symbols.txt", text + ToText(symbols));
}

// How the golden files were made; run by its tag alone, for a new format version.
TEST_CASE("Golden: make the files", "[.make-golden]") {
  std::string text;
  for (const bool zstd : {false, true}) {
    RandomRecords random(kGoldenSeed);
    text.clear();
    auto writer =
        TraceWriter::Create(kGolden + (zstd ? "-zstd.trace" : ".trace"), FullHeader(),
                            zstd ? Compression::kZstd : Compression::kNone, Overwrite::kReplace);
    REQUIRE(writer.ok());
    for (int i = 0; i < kGoldenRecords; ++i) {
      Record record = random.Next();
      if (i % 2 == 0) {  // random records do not compress
        record = AllocationRecord{.time_ns = TimeNs(record),
                                  .address = 0x5000 + 64 * static_cast<std::uint64_t>(i),
                                  .size = 48,
                                  .caller = 0x401000,
                                  .pid = 1,
                                  .tid = 1,
                                  .call = AllocationCall::kMalloc};
      }
      AddTo(*writer, record);
      text += ToText(record) + '\n';
      if (i == kGoldenRecords / 2) REQUIRE(writer->EndRound(TimeNs(record)).ok());
    }
    REQUIRE(writer->Finish({}).ok());
  }
  WriteFile(kGolden + ".txt", text);
}

}  // namespace heimdallr::trace
