// Where traces go, and what happens when they cannot.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>

#include "base/unique_fd.h"
#include "temporary_folder.h"
#include "trace/chunk_writer.h"
#include "trace/output_file.h"
#include "trace/trace_writer.h"
#include "trace_files.h"

namespace heimdallr::trace {
namespace {

using Catch::Matchers::Contains;

absl::StatusOr<TraceWriter> Make(const std::string& path, Overwrite overwrite) {
  return TraceWriter::Create(path, TraceHeader{}, Compression::kNone, overwrite);
}

void AddMany(TraceWriter& writer, std::uint64_t count, std::uint64_t from = 0) {
  for (std::uint64_t i = from; i < from + count; ++i) {
    writer.Add(AllocationRecord{.time_ns = i, .address = i * 0x9e3779b97f4a7c15, .size = 8});
  }
}

/// Files of this process end at `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("TraceWriter: an existing file is refused, and replaced only when asked to") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  WriteFile(path, "precious");
  const auto refused = Make(path, Overwrite::kRefuse);
  CHECK(refused.status().code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(refused.status().ToString(), Contains("'" + path + "' exists already"));
  CHECK(ReadFile(path) == "precious");

  auto writer = Make(path, Overwrite::kReplace);
  REQUIRE(writer.ok());
  REQUIRE(writer->Finish({}).ok());
  CHECK(Read(path).status.ok());
}

TEST_CASE("TraceWriter: a new file may be read by all and written by its owner") {
  const TemporaryFolder folder;
  const mode_t before = umask(0);
  REQUIRE(Make(folder.File("t"), Overwrite::kRefuse).ok());
  umask(before);
  struct stat file {};
  REQUIRE(stat(folder.File("t").c_str(), &file) == 0);
  CHECK((file.st_mode & 07777) == 0644);
}

TEST_CASE("TraceWriter: a dangling link is not followed") {
  const TemporaryFolder folder;
  REQUIRE(symlink(folder.File("elsewhere").c_str(), folder.File("t").c_str()) == 0);
  CHECK_FALSE(Make(folder.File("t"), Overwrite::kRefuse).ok());
  CHECK(access(folder.File("elsewhere").c_str(), F_OK) != 0);
}

TEST_CASE("TraceWriter: a folder, or a missing one, is named in the error") {
  const TemporaryFolder folder;
  const auto is_folder = Make(folder.File(""), Overwrite::kReplace);
  CHECK(is_folder.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(is_folder.status().ToString(), Contains("it is a folder"));
  const auto missing = Make(folder.File("no/t"), Overwrite::kReplace);
  CHECK(missing.status().code() == absl::StatusCode::kNotFound);
  CHECK_THAT(missing.status().ToString(), Contains("no/t': No such file"));
}

TEST_CASE("TraceWriter: /dev/null takes everything") {
  auto writer = Make("/dev/null", Overwrite::kRefuse);
  REQUIRE(writer.ok());
  AddMany(*writer, 200'000);
  CHECK(writer->EndRound(200'000).ok());
  CHECK(writer->Finish({}).ok());
  CHECK(writer->totals().records == 200'000);
  CHECK(writer->totals().dropped_records == 0);
}

TEST_CASE("TraceWriter: a full device is refused at once") {
  const auto writer = Make("/dev/full", Overwrite::kReplace);
  CHECK(writer.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(writer.status().ToString(), Contains("'/dev/full'"));
  CHECK_THAT(writer.status().ToString(), Contains("No space left on device"));
}

TEST_CASE("TraceWriter: a pipe that nobody reads is refused at once") {
  const TemporaryFolder folder;
  const std::string path = folder.File("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const auto refused = Make(path, Overwrite::kRefuse);
  CHECK(refused.status().code() == absl::StatusCode::kFailedPrecondition);
  CHECK_THAT(refused.status().ToString(), Contains("'" + path + "': nobody reads it"));
}

TEST_CASE("TraceWriter: a trace through a pipe is whole") {
  const TemporaryFolder folder;
  const std::string path = folder.File("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  // Reads nothing: the writer finds the pipe read, however late the other one comes.
  const base::UniqueFd first_reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ReadTrace read;
  auto writer = Make(path, Overwrite::kRefuse);
  REQUIRE(writer.ok());
  std::jthread reader([&] { read = Read(path); });
  AddMany(*writer, 100'000);
  REQUIRE(writer->Finish({}).ok());
  const std::uint64_t bytes = writer->totals().bytes;
  writer = absl::CancelledError();  // closes the pipe
  reader.join();
  CHECK(read.status.ok());
  CHECK(read.extent.finished);
  CHECK(read.extent.file_bytes == bytes);
  CHECK(read.records.size() == 100'000);
}

TEST_CASE(
    "TraceWriter: a write that fails leaves whole chunks, and every record is accounted for") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t.htrace");
  const std::uint64_t limit = GENERATE(1000U, 100'000U, 1'048'576U, 3'000'000U);
  auto writer = Make(path, Overwrite::kReplace);
  REQUIRE(writer.ok());
  {
    const FileSizeLimit guard(limit);
    AddMany(*writer, 300'000);
    const absl::Status round = writer->EndRound(300'000);
    CHECK_THAT(round.ToString(), Contains("cannot write trace '" + path + "' beyond byte"));
    CHECK_THAT(round.ToString(), Contains("File too large"));
    AddMany(*writer, 1000, 300'000);
    CHECK(writer->EndRound(301'000) == round);
    CHECK(writer->Finish({}) == round);
  }
  const WriterTotals totals = writer->totals();
  CHECK(totals.records + totals.dropped_records == 301'000);
  CHECK(totals.allocation_records == totals.records);

  const ReadTrace read = Read(path);
  CHECK(read.status.ok());
  CHECK_FALSE(read.extent.cut);
  CHECK_FALSE(read.extent.finished);
  CHECK(read.records.size() == totals.records);
  CHECK(read.extent.file_bytes == totals.bytes);
  CHECK(read.extent.file_bytes <= limit);
}

TEST_CASE("OutputFile: the reserve is 1 GiB, or 5 % of a small file system") {
  constexpr std::uint64_t kGiB = 1 << 30;
  CHECK(ReservedBytes({.total_bytes = 1000 * kGiB}) == kGiB);
  CHECK(ReservedBytes({.total_bytes = 20 * kGiB}) == kGiB);
  CHECK(ReservedBytes({.total_bytes = 10 * kGiB}) == kGiB / 2);
}

TEST_CASE("OutputFile: a file system with little room is refused at the start and leaves no file") {
  const TemporaryFolder folder;
  const auto file = OutputFile::Create(folder.File("t"), Overwrite::kRefuse, [](int) {
    return FileSystemSpace{.total_bytes = 100 << 20, .free_bytes = 4 << 20};
  });
  CHECK(file.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(file.status().ToString(), Contains("4 MiB are free"));
  CHECK_THAT(file.status().ToString(), Contains("5 MiB are to stay free"));
  CHECK(access(folder.File("t").c_str(), F_OK) != 0);
}

TEST_CASE("OutputFile: short of room it keeps what it took, refuses more, and allows an end") {
  const TemporaryFolder folder;
  const auto free_bytes = std::make_shared<std::uint64_t>(50 << 20);
  auto file = OutputFile::Create(folder.File("t"), Overwrite::kRefuse, [free_bytes](int) {
    return FileSystemSpace{.total_bytes = 100 << 20, .free_bytes = *free_bytes};
  });
  REQUIRE(file.ok());
  CHECK(file->Append("first", ChunkKind::kAccessBlock, 1));
  CHECK(file->Flush().ok());
  *free_bytes = 4 << 20;
  CHECK(file->Append("second", ChunkKind::kAccessBlock, 1));
  CHECK(file->Flush().code() == absl::StatusCode::kResourceExhausted);
  CHECK(ReadFile(folder.File("t")) == "firstsecond");
  CHECK_FALSE(file->Append("third", ChunkKind::kAccessBlock, 1));
  CHECK(file->lost().empty());
  file->AllowReserve();
  CHECK(file->Append("end", ChunkKind::kFooter, 0));
  CHECK(file->Flush().ok());
  CHECK(ReadFile(folder.File("t")) == "firstsecondend");
}

TEST_CASE("TraceWriter: short of room it ends the trace, and says how many records it dropped") {
  const TemporaryFolder folder;
  const std::string path = folder.File("t");
  const auto free_bytes = std::make_shared<std::uint64_t>(50 << 20);
  auto file = OutputFile::Create(path, Overwrite::kRefuse, [free_bytes](int) {
    return FileSystemSpace{.total_bytes = 100 << 20, .free_bytes = *free_bytes};
  });
  REQUIRE(file.ok());
  auto writer = TraceWriter::CreateOn(*std::move(file), TraceHeader{}, Compression::kNone);
  REQUIRE(writer.ok());
  AddMany(*writer, 1000);
  REQUIRE(writer->EndRound(1000).ok());
  *free_bytes = 4 << 20;
  AddMany(*writer, 300'000, 1000);  // notices in the middle of this round
  const absl::Status short_of_room = writer->EndRound(301'000);
  CHECK(short_of_room.code() == absl::StatusCode::kResourceExhausted);
  AddMany(*writer, 50'000, 301'000);
  CHECK(writer->EndRound(351'000) == short_of_room);
  CHECK(writer->Finish({.ticks = 17}) == short_of_room);

  const WriterTotals totals = writer->totals();
  CHECK(totals.allocation_records + totals.dropped_records == 351'000);
  CHECK(totals.dropped_records > 50'000);
  CHECK(totals.bytes < 3 << 20);
  const ReadTrace read = Read(path);
  INFO(read.status.ToString());
  CHECK(read.status.ok());
  CHECK(read.extent.finished);
  CHECK(read.statistics.value().ticks == 17);
  REQUIRE(read.records.size() == totals.allocation_records + 1);
  const std::string last_ns = std::to_string(totals.allocation_records - 1);
  CHECK(read.records.back() == "loss " + last_ns + " " + std::to_string(totals.dropped_records) +
                                   " 0 0 0 0 12");  // kWriteFailed
}

}  // namespace heimdallr::trace
