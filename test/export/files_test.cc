// Files that exports make.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "export/byte_sink.h"
#include "export/parquet_dataset.h"
#include "export/parquet_rows.h"

namespace heimdallr::exports {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "heimdallr-export-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  [[nodiscard]] fs::path path() const { return path_; }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), path_).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  fs::path path_;
};

std::string Content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr Column kColumns[] = {{"n", ColumnType::kUint64}};

void WriteNumbers(const DatasetPlace& place, std::uint64_t count, ParquetLimits limits) {
  const Words words;
  auto dataset = Dataset::Create(place);
  REQUIRE(dataset.ok());
  ParquetRows rows(
      kColumns, words, {}, [&] { return (*dataset)->OpenPart(); }, limits);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Cell row[] = {Cell::Number(i)};
    REQUIRE(rows.Add(row).ok());
  }
  REQUIRE(rows.Finish().ok());
  REQUIRE((*dataset)->Commit().ok());
}

}  // namespace

TEST_CASE("FileSink: a file appears when it is finished") {
  const Folder folder;
  const fs::path path = folder.path() / "out";
  auto sink = FileSink::Create(path.string());
  REQUIRE(sink.ok());
  CHECK((*sink)->Write("text").ok());
  CHECK_FALSE(fs::exists(path));
  CHECK((*sink)->Finish().ok());
  CHECK(Content(path) == "text");
}

TEST_CASE("FileSink: one that is given up leaves what was there") {
  const Folder folder;
  const fs::path path = folder.path() / "out";
  std::ofstream(path) << "old";
  {
    auto sink = FileSink::Create(path.string());
    REQUIRE(sink.ok());
    CHECK((*sink)->Write("new").ok());
  }
  CHECK(Content(path) == "old");
  CHECK(folder.files() == std::vector<std::string>{"out"});
}

TEST_CASE("FileSink: says which file cannot be made, and why") {
  const auto sink = FileSink::Create("/no/such/folder/out");
  REQUIRE_FALSE(sink.ok());
  CHECK(absl::IsNotFound(sink.status()));
  CHECK(sink.status().ToString().find("/no/such/folder/out") != std::string::npos);
}

TEST_CASE("Dataset: the run's name is made one a folder can have") {
  const Folder folder;
  WriteNumbers({.folder = folder.path().string(), .run = "a/b=c\n.x", .rank = 3}, 1, {});
  CHECK(folder.files() ==
        std::vector<std::string>{"run=a%2Fb%3Dc%0A.x/rank=3/part-001-00000.parquet"});
}

TEST_CASE("Dataset: parts that are there are not written over") {
  const Folder folder;
  const DatasetPlace place{.folder = folder.path().string(), .run = "r"};
  WriteNumbers(place, 1, {});
  CHECK(absl::IsAlreadyExists(Dataset::Create(place).status()));
  DatasetPlace second = place;
  second.repetition = 2;
  CHECK(Dataset::Create(second).ok());
}

TEST_CASE("Dataset: one that is given up leaves nothing, and no folder made for it") {
  const Folder folder;
  {
    auto dataset =
        Dataset::Create({.folder = (folder.path() / "new" / "sweep").string(), .run = "r"});
    REQUIRE(dataset.ok());
    for (int i = 0; i < 3; ++i) {
      auto part = (*dataset)->OpenPart();
      REQUIRE(part.ok());
      CHECK((*part)->Write("PAR1").ok());
      CHECK((*part)->Finish().ok());
    }
  }
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("Dataset: one that is given up leaves what others wrote") {
  const Folder folder;
  const DatasetPlace place{.folder = folder.path().string(), .run = "r"};
  WriteNumbers(place, 1, {});
  DatasetPlace second = place;
  second.repetition = 2;
  CHECK((*Dataset::Create(second))->OpenPart().ok());
  CHECK(folder.files() == std::vector<std::string>{"run=r/rank=0/part-001-00000.parquet"});
}

TEST_CASE("Dataset: readers see no part before all are there") {
  const Folder folder;
  auto dataset = Dataset::Create({.folder = folder.path().string(), .run = "r"});
  REQUIRE(dataset.ok());
  for (int i = 0; i < 2; ++i) REQUIRE((*(*dataset)->OpenPart())->Finish().ok());
  for (const std::string& file : folder.files()) CHECK_FALSE(file.ends_with(".parquet"));
  REQUIRE((*dataset)->Commit().ok());
  CHECK(folder.files() == std::vector<std::string>{"run=r/rank=0/part-001-00000.parquet",
                                                   "run=r/rank=0/part-001-00001.parquet"});
}

TEST_CASE("Dataset: of two at once the second is refused, and leaves the first") {
  const Folder folder;
  const DatasetPlace place{.folder = folder.path().string(), .run = "r"};
  auto late = Dataset::Create(place);
  REQUIRE(late.ok());
  REQUIRE((*(*late)->OpenPart())->Finish().ok());
  WriteNumbers(place, 5, {});
  const std::string written = Content(folder.path() / folder.files().back());
  CHECK(absl::IsAlreadyExists((*late)->Commit()));
  late->reset();
  CHECK(folder.files() == std::vector<std::string>{"run=r/rank=0/part-001-00000.parquet"});
  CHECK(Content(folder.path() / folder.files().front()) == written);
}

TEST_CASE("ParquetRows: a part ends when it is large enough") {
  const Folder folder;
  const DatasetPlace place{.folder = folder.path().string(), .run = "r"};
  WriteNumbers(place, 250, {.group_rows = 50, .part_bytes = 1});
  CHECK(folder.files().size() == 5);
  for (const std::string& file : folder.files()) {
    const std::string bytes = Content(folder.path() / file);
    CHECK(bytes.starts_with("PAR1"));
    CHECK(bytes.ends_with("PAR1"));
  }
}

TEST_CASE("ParquetRows: a row group ends when its different texts are large") {
  const Folder folder;
  constexpr Column columns[] = {{"stack", ColumnType::kStack}};
  const Words words;
  const CellTexts texts(
      words, [](std::uint32_t number) { return std::string(1000, 'x') + std::to_string(number); });
  auto dataset = Dataset::Create({.folder = folder.path().string(), .run = "r"});
  REQUIRE(dataset.ok());
  // Each group brings its part to an end, so that parts can be counted.
  ParquetRows rows(columns, texts, {}, [&] { return (*dataset)->OpenPart(); },
                   {.group_text_bytes = 10'000, .part_bytes = 1});
  for (std::uint32_t i = 0; i < 50; ++i) {  // a little more than 1000 bytes each, twice in turn
    const Cell row[] = {Cell::Stack(i)};
    const Cell before[] = {Cell::Stack(i == 0 ? 0 : i - 1)};
    REQUIRE(rows.Add(i % 10 == 0 ? row : before).ok());
    REQUIRE(rows.Add(row).ok());
  }
  REQUIRE(rows.Finish().ok());
  REQUIRE((*dataset)->Commit().ok());
  CHECK(folder.files().size() == 5);
}

TEST_CASE("ParquetRows: no rows make one file, so that the columns are known") {
  const Folder folder;
  WriteNumbers({.folder = folder.path().string(), .run = "r"}, 0, {});
  CHECK(folder.files().size() == 1);
}

TEST_CASE("RankOf: by the variables of MPI before those of Slurm") {
  TraceHeader header;
  CHECK(RankOf(header) == 0);
  header.environment = {"SLURM_PROCID=4", "PMI_RANKS=9"};
  CHECK(RankOf(header) == 4);
  header.environment.emplace_back("OMPI_COMM_WORLD_RANK=7");
  CHECK(RankOf(header) == 7);
  header.environment = {"PMIX_RANK=x", "PMI_RANK=2"};
  CHECK(RankOf(header) == 2);
}

}  // namespace heimdallr::exports
