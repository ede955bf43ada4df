// Files that are no trace, or no longer one: one clear line each, and what is good is read.

#include <unistd.h>
#include <zstd.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "temporary_folder.h"
#include "trace/format.h"
#include "trace/trace_writer.h"
#include "trace/wire.h"
#include "trace/wire_reader.h"
#include "trace_files.h"

namespace heimdallr::trace {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

/// A Chunk, without its length.
std::string Content(std::uint32_t field, std::string_view message) {
  std::string chunk;
  PutTag(chunk, field, WireType::kBytes);
  PutVarint(chunk, message.size());
  return chunk.append(message);
}
std::string Framed(std::string_view chunk) {
  std::string framed;
  PutVarint(framed, chunk.size());
  return framed.append(chunk);
}
std::string Chunk(ChunkKind kind, std::string_view message) {
  return Framed(Content(static_cast<std::uint32_t>(kind), message));
}
std::string Packed(std::uint32_t field, const std::vector<std::uint64_t>& values) {
  std::string column;
  for (const std::uint64_t value : values) PutVarint(column, value);
  return Content(field, column);
}
std::string Header(std::uint64_t version = kFormatVersion, std::string_view tool = "0.1.0") {
  std::string message = Content(1, kFormatName);
  PutField(message, 2, version);
  return Chunk(ChunkKind::kHeader, message + Content(3, tool));
}
std::string RoundEnd(std::uint64_t watermark_ns, std::uint64_t records) {
  std::string message;
  PutField(message, 1, watermark_ns);
  PutField(message, 2, records);
  return Chunk(ChunkKind::kRoundEnd, message);
}
/// Two allocations of one site, at 1 and 2 ns.
std::string GoodBlock() {
  return Chunk(ChunkKind::kAllocationBlock,
               Packed(3, {2}) + Packed(7, {2, 2}) + Packed(9, {32, 0}));
}
std::string Strings(std::uint64_t first_id, std::string_view text) {
  std::string message;
  PutField(message, 1, first_id);
  return Chunk(ChunkKind::kStrings, message + Content(2, text));
}

ReadTrace ReadBytes(std::string_view bytes) {
  const TemporaryFolder folder;
  WriteFile(folder.File("t.htrace"), bytes);
  return Read(folder.File("t.htrace"));
}

/// The chunks of a file with their lengths.
std::vector<std::string> Split(std::string_view bytes) {
  std::vector<std::string> chunks;
  while (!bytes.empty()) {
    WireReader reader(bytes);
    const std::size_t size = reader.Bytes().value().size();
    const std::size_t whole = size + VarintBytes(size);
    chunks.emplace_back(bytes.substr(0, whole));
    bytes.remove_prefix(whole);
  }
  return chunks;
}

/// Two rounds with records of all kinds, text and stacks; with its end.
std::string SmallTrace(Compression compression) {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  auto writer = TraceWriter::Create(path, TraceHeader{}, compression, Overwrite::kReplace).value();
  RandomRecords random(5);
  for (int i = 0; i < 200; ++i) {
    if (i == 100) REQUIRE(writer.EndRound(0).ok());
    if (i % 50 == 0) {
      static_cast<void>(writer.AddStack(std::vector<std::uint64_t>{static_cast<std::uint64_t>(i)}));
    }
    AddTo(writer, random.Next());
  }
  REQUIRE(writer.Finish({}).ok());
  return ReadFile(path);
}

void CheckDamage(const ReadTrace& read, const std::string& what, std::size_t good_records) {
  INFO(read.status.ToString());
  CHECK(read.status.code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(read.status.ToString(), Contains("t.htrace': "));
  CHECK_THAT(read.status.ToString(), Contains(what));
  CHECK(read.status.ToString().find('\n') == std::string::npos);
  CHECK(read.records.size() == good_records);
}

}  // namespace

TEST_CASE("TraceReader: a file that is not there, or no file, is named") {
  const ReadTrace missing = Read("/nonexistent/t.htrace");
  CHECK(missing.status.code() == absl::StatusCode::kNotFound);
  CHECK_THAT(missing.status.ToString(), Contains("'/nonexistent/t.htrace'"));
  CHECK_THAT(Read("/").status.ToString(), Contains("Is a directory"));
}

TEST_CASE("TraceReader: an empty file is said to be empty") {
  CheckDamage(ReadBytes(""), "is empty: the recording ended before it began", 0);
}

TEST_CASE("TraceReader: a foreign file is said to be what it is") {
  using namespace std::string_literals;
  const auto [bytes, what] = GENERATE(table<std::string, std::string>({
      {"\x7f"s
       "ELF\2\1\1\0"s,
       "is a program or library (ELF)"},
      {"#!/bin/sh\necho \xc3\xa4\n"s, "is a text"},
      {"\x1f\x8b\x08\0"s, "is a gzip file; uncompress it first"},
      {"\x28\xb5\x2f\xfd\x04"s, "is a zstd file; uncompress it first"},
      {"PERFILE2h\0"s, "is a perf.data file"},
      {"SQLite format 3\0"s, "is an SQLite database"},
      {std::string(5000, '\0'), "begins with zeros: it was never written"},
      {"\x90\1\2\3"s, "is not a trace of heimdallr"},
      // Protobuf, but another's.
      {"\x08\x0a\x06\x0a\x04"s
       "abcd"s,
       "is not a trace of heimdallr"},
  }));
  CheckDamage(ReadBytes(bytes), what, 0);
}

TEST_CASE("TraceReader: a newer format is refused with the version it needs") {
  const ReadTrace read = ReadBytes(Header(kFormatVersion + 1, "7.8.9") + GoodBlock());
  CHECK(read.status.code() == absl::StatusCode::kUnimplemented);
  CHECK_THAT(read.status.ToString(), Contains("its format has version 2"));
  CHECK_THAT(read.status.ToString(), Contains("reads up to version 1"));
  CHECK_THAT(read.status.ToString(), Contains("heimdallr 7.8.9 or newer"));
}

TEST_CASE("TraceReader: a file cut at any byte gives the records of its whole chunks") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  auto writer =
      TraceWriter::Create(path, FullHeader(), Compression::kNone, Overwrite::kReplace).value();
  for (std::uint64_t i = 0; i < 20; ++i) {
    writer.Add(AllocationRecord{.time_ns = 1000 * i, .address = 16, .size = 8});
    REQUIRE(writer.EndRound(1000 * i + 1).ok());
  }
  REQUIRE(writer.Finish({}).ok());
  const std::string whole = ReadFile(path);

  const std::vector<std::string> chunks = Split(whole);
  REQUIRE(chunks.size() == 1 + 20 * 2 + 2);  // header; block and round end; footer, trailer
  std::size_t chunk = 0;                     // the first that is not whole
  std::size_t boundary = 0;                  // its start
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    if (chunk < chunks.size() && size == boundary + chunks[chunk].size()) {
      boundary = size;
      ++chunk;
    }
    INFO("cut to " << size << " bytes");
    WriteFile(path, whole.substr(0, size));
    const ReadTrace read = Read(path);
    if (chunk == 0) {
      REQUIRE(read.status.code() == absl::StatusCode::kDataLoss);
      REQUIRE_THAT(read.status.ToString(), Contains("before it began"));
      continue;
    }
    REQUIRE(read.status.ok());
    REQUIRE(read.records.size() == std::min<std::size_t>(chunk / 2, 20));
    REQUIRE(read.extent.cut == (size != boundary));
    REQUIRE(read.extent.good_bytes == boundary);
    REQUIRE(read.extent.file_bytes == size);
    REQUIRE(read.extent.finished == (chunk >= chunks.size() - 1));
  }
}

TEST_CASE("TraceReader: after an impossible length the records before it are good") {
  const std::string good = Header() + GoodBlock();
  const std::string at = "the chunk at byte " + std::to_string(good.size());
  std::string huge;
  PutVarint(huge, std::uint64_t{5} << 20);
  CheckDamage(ReadBytes(good + huge + std::string(100, 'x')),
              at + " says 5242880 bytes, more than any has", 2);
  CheckDamage(ReadBytes(good + std::string(11, '\xff')), at, 2);
  CheckDamage(ReadBytes(good + std::string(100, '\0')), at + " is empty", 2);
  CHECK_THAT(ReadBytes(good + std::string(100, '\0')).status.ToString(),
             EndsWith("; the 2 records before it are good"));
}

TEST_CASE("TraceReader: columns that do not fit together are refused") {
  const auto allocation = [](const std::string& message) {
    return ReadBytes(Header() + GoodBlock() + Chunk(ChunkKind::kAllocationBlock, message));
  };
  const auto access = [](const std::string& message) {
    return ReadBytes(Header() + GoodBlock() + Chunk(ChunkKind::kAccessBlock, message));
  };
  const std::string three = Packed(7, {1, 1, 1}) + Packed(9, {1, 1, 1});
  CheckDamage(allocation(Packed(3, {2}) + Packed(7, {1, 1, 1}) + Packed(9, {1, 1})),
              "2 elements in the column address_delta for 3", 2);
  CheckDamage(allocation(Packed(3, {2}) + Packed(8, {0, 0}) + three),
              "2 elements in the column site for 3", 2);
  CheckDamage(allocation(Packed(3, {2, 2, 2}) + Packed(4, {1, 1}) + three),
              "2 elements in the column site_call for 3", 2);
  CheckDamage(allocation(three), "names site 0 of 0 in its record 0", 2);
  CheckDamage(allocation(Packed(3, {2, 2}) + Packed(8, {0, 1, 2}) + three),
              "names site 2 of 2 in its record 2", 2);
  CheckDamage(allocation(Packed(3, {2, 2}) + Packed(8, {1, 0, 0}) + three),
              "names site 1 of 2 in its record 0", 2);  // not in order of their first record
  CheckDamage(allocation(Packed(3, {2}) + Packed(5, {2}) + three + Packed(10, {1, 1})),
              "2 elements in the column size_delta for 3", 2);
  CheckDamage(allocation(Packed(3, {2}) + three + Packed(10, {1})),
              "1 elements in the column size_delta for 3", 2);
  CheckDamage(allocation(Packed(3, {2}) + three + Packed(11, {1})),
              "1 elements in the column old_address_delta for 3", 2);
  CheckDamage(allocation(Packed(3, std::vector<std::uint64_t>(1025)) + three),
              "has 1025 sites; 1024 is the most", 2);
  CheckDamage(allocation(Packed(3, {2}) + Packed(7, std::vector<std::uint64_t>(4097)) +
                         Packed(9, std::vector<std::uint64_t>(4097))),
              "has 4097 records; 4096 is the most", 2);
  CheckDamage(allocation(Packed(3, {2}) + three + Packed(12, {1, 1})),
              "2 elements in the column site_memory for 1", 2);
  CheckDamage(allocation(Packed(3, {2}) + three + Packed(12, {256})), "names memory 256", 2);
  CheckDamage(allocation(std::string(2U << 20, 'x')), "more than any has", 2);

  const std::string two = Packed(4, {2}) + Packed(10, {1, 1}) + Packed(12, {1, 1});
  CheckDamage(access(two + Packed(9, {5}) + Packed(15, {0, 1})), "names data source 1 of 1", 2);
  CheckDamage(access(two + Packed(15, {1})), "names data source 1 of 1", 2);
  CheckDamage(access(two + Packed(16, {1, 1, 1})), "3 elements in the column latency_cycles", 2);
  CheckDamage(access(two + Packed(6, {65536})), "an access of 65536 bytes", 2);
  std::string stream;
  PutField(stream, 3, std::uint64_t{256});
  CheckDamage(access(two + stream), "names stream 256", 2);
  CHECK(access(two).status.ok());
}

TEST_CASE("TraceReader: values it does not know become unknown where there is such a value") {
  const std::string block = Chunk(ChunkKind::kAllocationBlock, Packed(3, {2}) + Packed(4, {99}) +
                                                                   Packed(7, {2}) + Packed(9, {2}));
  CHECK(ReadBytes(Header() + block).records ==
        std::vector<std::string>{"allocation 1 1 0 0 1 0 0 0 0 0"});
  std::string process;
  PutField(process, 7, std::uint64_t{99});
  CheckDamage(ReadBytes(Header() + GoodBlock() + Chunk(ChunkKind::kProcesses, Content(1, process))),
              "has the process event 99, which does not exist", 2);
}

TEST_CASE("TraceReader: chunks of an unknown kind are skipped and counted") {
  const std::string unknown = Framed(Content(100, "something new"));
  std::string number;
  PutField(number, 101, std::uint64_t{7});
  const ReadTrace read =
      ReadBytes(Header() + unknown + GoodBlock() + Framed(number) + RoundEnd(3, 5));
  CHECK(read.status.ok());
  CHECK(read.extent.unknown_chunks == 2);
  CHECK(read.records.size() == 2);
}

TEST_CASE("TraceReader: fields it does not know are skipped") {
  std::string extra = Content(static_cast<std::uint32_t>(ChunkKind::kRoundEnd),
                              "\x08\x03\x10\x02" + Content(99, "new"));
  PutField(extra, 77, std::uint64_t{5});
  const ReadTrace read = ReadBytes(Header() + GoodBlock() + Framed(extra));
  CHECK(read.status.ok());
  CHECK(read.extent.unknown_chunks == 0);
  CHECK(read.records.size() == 2);
}

TEST_CASE("TraceReader: text and stacks that were never there are noticed") {
  std::string mapping;
  PutField(mapping, 6, std::uint64_t{2});
  CheckDamage(ReadBytes(Header() + GoodBlock() + Strings(1, "one") +
                        Chunk(ChunkKind::kMappings, Content(1, mapping))),
              "names text 2 of the 1 that came before it", 2);
  CheckDamage(ReadBytes(Header() + GoodBlock() + Strings(2, "two")), "begins with text 2, not 1",
              2);
  std::string first;
  PutField(first, 1, std::uint64_t{1});
  CheckDamage(ReadBytes(Header() + GoodBlock() +
                        Chunk(ChunkKind::kStacks, first + Packed(2, {3}) + Packed(3, {1, 1}))),
              "has fewer frames than it says", 2);
  CheckDamage(ReadBytes(Header() + GoodBlock() +
                        Chunk(ChunkKind::kStacks, first + Packed(2, {1}) + Packed(3, {1, 1}))),
              "has more frames than it says", 2);
}

TEST_CASE("TraceReader: a chunk that is doubled or missing is noticed") {
  const auto compression = GENERATE(Compression::kNone, Compression::kZstd);
  const std::vector<std::string> chunks = Split(SmallTrace(compression));
  const auto join = [&](const std::function<int(std::size_t)>& times) {
    std::string bytes;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      for (int n = times(i); n > 0; --n) bytes += chunks[i];
    }
    return ReadBytes(bytes);
  };
  REQUIRE(join([](std::size_t) { return 1; }).status.ok());
  std::size_t last_stacks_chunk = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    WireReader reader(chunks[i]);
    static_cast<void>(reader.Varint());
    if (reader.Varint() == (static_cast<std::uint64_t>(ChunkKind::kStacks) << 3 | 2)) {
      last_stacks_chunk = i;
    }
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    INFO("chunk " << i << " of " << chunks.size());
    CHECK(join([&](std::size_t j) { return i == j ? 2 : 1; }).status.code() ==
          absl::StatusCode::kDataLoss);
    const ReadTrace without = join([&](std::size_t j) { return i == j ? 0 : 1; });
    // Without its last stacks or its last ends every record is still there.
    if (i + 3 >= chunks.size() || i == last_stacks_chunk) {
      CHECK(without.status.ok());
      CHECK(without.records.size() == 200);
      CHECK(without.extent.finished == (i + 2 != chunks.size()));
    } else {
      CHECK(without.status.code() == absl::StatusCode::kDataLoss);
    }
  }
}

TEST_CASE("TraceReader: two traces one behind the other are noticed") {
  const std::string trace = SmallTrace(Compression::kNone);
  CheckDamage(ReadBytes(trace + trace), "comes after the end of the trace", 200);
  CheckDamage(ReadBytes(Header() + GoodBlock() + Header()), "is a second header", 2);
}

TEST_CASE("TraceReader: compressed chunks that lie are refused before memory is spent on them") {
  const auto compressed = [](std::uint64_t says, std::string_view content) {
    std::string frame(ZSTD_compressBound(content.size()), '\0');
    frame.resize(ZSTD_compress(frame.data(), frame.size(), content.data(), content.size(), 1));
    std::string message;
    PutField(message, 1, says);
    return Header() + GoodBlock() + Chunk(ChunkKind::kCompressed, message + Content(2, frame));
  };
  const std::string block = Split(GoodBlock())[0].substr(1);
  CHECK(ReadBytes(compressed(block.size(), block)).records.size() == 4);

  const std::string zeros(64U << 20, '\0');
  CheckDamage(ReadBytes(compressed(zeros.size(), zeros)), "says 67108864 bytes uncompressed", 2);
  CheckDamage(ReadBytes(compressed(100, zeros)), "cannot be uncompressed", 2);
  CheckDamage(ReadBytes(compressed(block.size() + 1, block)), "bytes uncompressed, has", 2);
  const std::string twice = Content(static_cast<std::uint32_t>(ChunkKind::kCompressed), "");
  CheckDamage(ReadBytes(compressed(twice.size(), twice)), "is compressed twice", 2);
  std::string garbage;
  PutField(garbage, 1, std::uint64_t{10});
  CheckDamage(ReadBytes(Header() + GoodBlock() +
                        Chunk(ChunkKind::kCompressed, garbage + Content(2, "no zstd"))),
              "cannot be uncompressed", 2);
}

TEST_CASE("TraceReader: whatever byte of a trace is wrong, it ends with a record or a reason") {
  const auto compression = GENERATE(Compression::kNone, Compression::kZstd);
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  const std::string good = SmallTrace(compression);
  std::mt19937 random(11);
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] = static_cast<char>(random());
    WriteFile(path, bad);
    const ReadTrace read = Read(path);
    REQUIRE(read.records.size() <= 4096 * 20);
    if (!read.status.ok()) REQUIRE(read.status.ToString().find(path) != std::string::npos);
  }
}

}  // namespace heimdallr::trace
