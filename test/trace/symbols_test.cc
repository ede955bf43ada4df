// Names of code and data in a trace.

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "temporary_folder.h"
#include "trace/format.h"
#include "trace/trace_writer.h"
#include "trace/wire.h"
#include "trace_files.h"

namespace heimdallr::trace {
namespace {

using Catch::Matchers::Contains;

std::string Write(const TemporaryFolder& folder, const Symbols& symbols) {
  const std::string path = folder.File("t.htrace");
  auto writer = TraceWriter::Create(path, TraceHeader{}, Compression::kNone, Overwrite::kReplace);
  REQUIRE(writer.ok());
  writer->Add(AccessRecord{.time_ns = 1});
  for (const auto& [key, module] : symbols.modules) writer->AddSymbols(module);
  for (const auto& [pid, process] : symbols.processes) writer->AddSymbols(process);
  REQUIRE(writer->Finish({}).ok());
  return path;
}

std::string Chunk(const std::string& message) {
  std::string chunk;
  PutTag(chunk, static_cast<std::uint32_t>(ChunkKind::kSymbols), WireType::kBytes);
  PutVarint(chunk, message.size());
  chunk += message;
  std::string framed;
  PutVarint(framed, chunk.size());
  return framed + chunk;
}

std::string Packed(std::uint32_t field, const std::vector<std::uint64_t>& values) {
  std::string column;
  for (const std::uint64_t value : values) PutVarint(column, value);
  std::string message;
  PutTag(message, field, WireType::kBytes);
  PutVarint(message, column.size());
  return message + column;
}

// A trace whose one symbols chunk is `message`.
ReadTrace ReadWith(const std::string& message) {
  const TemporaryFolder folder;
  std::string bytes = ReadFile(Write(folder, {}));
  const std::string header = bytes.substr(0, 1 + static_cast<std::size_t>(bytes[0]));
  WriteFile(folder.File("bad.htrace"), header + Chunk(message));
  return Read(folder.File("bad.htrace"));
}

}  // namespace

TEST_CASE("Symbols: come back whole, and are known before the first record") {
  const TemporaryFolder folder;
  const std::string path = Write(folder, ExampleSymbols());
  const ReadTrace read = Read(path);
  CHECK(read.status.ToString() == "OK");
  CHECK(read.extent.unknown_chunks == 0);
  CHECK(read.records.size() == 1);
  CHECK(read.early_symbols == ToText(ExampleSymbols()));
  CHECK(read.symbols == read.early_symbols);
}

TEST_CASE("Symbols: of a pipe are known at its end") {
  const TemporaryFolder folder;
  const std::string bytes = ReadFile(Write(folder, ExampleSymbols()));
  const std::string pipe = folder.File("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::jthread writer([&] { std::ofstream(pipe, std::ios::binary) << bytes; });
  const ReadTrace read = Read(pipe);
  CHECK(read.status.ToString() == "OK");
  CHECK(read.early_symbols.empty());
  CHECK(read.symbols == ToText(ExampleSymbols()));
}

TEST_CASE("Symbols: a hundred thousand in one module take several chunks and come back") {
  Symbols symbols;
  ModuleSymbols& module = symbols.modules[{"/bin/large", "id"}];
  module = {.path = "/bin/large", .build_id = "id", .first_mapped_offset = 1};
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    module.code.push_back({.offset = 16 * i, .frames = {{fmt::format("function_{}", i), "", 0}}});
    module.data.push_back({.offset = 32 * i, .size = 32, .name = fmt::format("object_{}", i)});
  }
  const TemporaryFolder folder;
  CHECK(Read(Write(folder, symbols)).early_symbols == ToText(symbols));
}

TEST_CASE("Symbols: an immense name is cut, and of too many frames the outermost stay") {
  Symbols symbols;
  ModuleSymbols& module = symbols.modules[{"m", ""}];
  module.path = "m";
  module.code.push_back({.offset = 1, .frames = {{std::string(1 << 22, 'x'), "", 0}}});
  CodeSymbol& deep = module.code.emplace_back();
  deep.offset = 2;
  for (std::uint32_t i = 1; i <= 1000; ++i) deep.frames.push_back({"f", "", i});
  const TemporaryFolder folder;
  auto reader = TraceReader::Open(Write(folder, symbols));
  REQUIRE(reader.ok());
  const ModuleSymbols* read = reader->symbols().FindModule("m", "");
  REQUIRE(read != nullptr);
  CHECK(FindCode(read->code, 1)->frames[0].function == std::string(16 << 10, 'x'));
  CHECK(FindCode(read->code, 2)->frames.back().line == 1000);
  CHECK(FindCode(read->code, 2)->frames.size() == 64);
  CHECK(FindCode(read->code, 3) == nullptr);
}

TEST_CASE("Symbols: a trace without them has none") {
  const TemporaryFolder folder;
  const ReadTrace read = Read(Write(folder, {}));
  CHECK(read.status.ok());
  CHECK(read.symbols.empty());
}

TEST_CASE("Symbols: chunks that make no sense are refused") {
  const auto [message, what] = GENERATE(table<std::string, std::string>({
      {Packed(6, {2}) + Packed(7, {1}), "fewer frames than it says"},
      {Packed(6, {2}) + Packed(7, {1}) + Packed(8, {0, 0}), "more frames than it says"},
      {Packed(6, {2}) + Packed(7, {1}) + Packed(8, {5}), "names text 5 of the 0 it has"},
      {Packed(6, {2}), "without a name"},
      {Packed(6, {2, 0}) + Packed(7, {1}) + Packed(8, {0, 0}), "not in ascending order"},
      {Packed(6, {2, 2, 2}) + Packed(7, {1, 1}) + Packed(8, {0}), "column code_frames"},
      {Packed(11, {2}) + Packed(12, {1, 2}), "column data_bytes"},
      {Packed(11, {2}) + Packed(12, {1}) + Packed(13, {9}), "names text 9"},
      {Packed(6, {2}) + Packed(7, {~std::uint64_t{0}}) + Packed(8, {0}), "fewer frames"},
  }));
  const ReadTrace read = ReadWith(message);
  INFO(read.status.ToString());
  CHECK(read.status.code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(read.status.ToString(), Contains(what));
}

TEST_CASE("Symbols: a footer that points elsewhere does no harm") {
  const TemporaryFolder folder;
  const std::string path = Write(folder, ExampleSymbols());
  std::string bytes = ReadFile(path);
  for (std::size_t i = bytes.size() - 60; i < bytes.size(); ++i) {
    for (const char value : {'\x00', '\x7f', '\xff'}) {
      std::string wrong = bytes;
      wrong[i] = value;
      WriteFile(path, wrong);
      const ReadTrace read = Read(path);
      CHECK(read.records.size() <= 1);
    }
  }
}

}  // namespace heimdallr::trace
