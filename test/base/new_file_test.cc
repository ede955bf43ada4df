#include "base/new_file.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

namespace heimdallr::base {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "heimdallr.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path_); }

  [[nodiscard]] std::string File(const std::string& name) const { return path_ / name; }
  [[nodiscard]] std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(path_), fs::directory_iterator());
  }

 private:
  fs::path path_;
};

std::string Content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Fill(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

TEST_CASE("NewFile: has its name once it is committed") {
  const Folder folder;
  const std::string path = folder.File("out");
  auto file = NewFile::Create(path);
  REQUIRE(file.ok());
  REQUIRE(file->Write("some ").ok());
  REQUIRE(file->Write("text").ok());
  CHECK(file->size() == 9);
  CHECK_FALSE(fs::exists(path));
  CHECK(Content(file->temporary()) == "some text");
  REQUIRE(file->Commit().ok());
  CHECK(Content(path) == "some text");
  CHECK(folder.entries() == 1);
}

TEST_CASE("NewFile: without Commit what was there stays, and nothing else") {
  const Folder folder;
  const std::string path = folder.File("out");
  Fill(path, "before");
  {
    auto file = NewFile::Create(path);
    REQUIRE(file.ok());
    REQUIRE(file->Write("after").ok());
  }
  CHECK(Content(path) == "before");
  CHECK(folder.entries() == 1);
}

TEST_CASE("NewFile: follows a link") {
  const Folder folder;
  Fill(folder.File("target"), "before");
  fs::create_symlink("target", folder.File("link"));
  auto file = NewFile::Create(folder.File("link"));
  REQUIRE(file.ok());
  REQUIRE(file->Write("after").ok());
  REQUIRE(file->Commit().ok());
  CHECK(fs::is_symlink(folder.File("link")));
  CHECK(Content(folder.File("target")) == "after");
}

TEST_CASE("NewFile: may be read as the umask says") {
  const Folder folder;
  const mode_t before = umask(027);
  auto file = NewFile::Create(folder.File("out"));
  umask(before);
  REQUIRE(file.ok());
  REQUIRE(file->Commit().ok());
  CHECK(fs::status(folder.File("out")).permissions() == static_cast<fs::perms>(0640));
}

TEST_CASE("NewFile: says which file cannot be written") {
  const Folder folder;
  const std::string path = folder.File("absent/out");
  const auto file = NewFile::Create(path);
  REQUIRE_FALSE(file.ok());
  CHECK(std::string(file.status().message()).find(path) != std::string::npos);
}

}  // namespace
}  // namespace heimdallr::base
