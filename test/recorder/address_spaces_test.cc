#include "recorder/address_spaces.h"

#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "abilities.h"
#include "base/unique_fd.h"

using heimdallr::recorder::AddressSpaces;

namespace {

// A file in the temporary folder with the given bytes.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    const heimdallr::base::UniqueFd fd(mkstemp(path_.data()));
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/heimdallr-test-XXXXXX";
};

constexpr std::int32_t kGone = 0x7ffffff0;  // no such process

std::string Read(AddressSpaces& spaces, AddressSpaces::Id space, std::uint64_t address,
                 std::size_t size) {
  std::string text(size, '\0');
  text.resize(spaces.ReadCode(space, address, std::as_writable_bytes(std::span(text))));
  return text;
}

}  // namespace

TEST_CASE("AddressSpaces: code of an ended process is read from the mapped file") {
  const TemporaryFile file("0123456789abcdef");
  AddressSpaces spaces;
  const auto space = spaces.IdOf(kGone);
  spaces.OnMapped(kGone, 0x1000, 0x1000, {.path = file.path(), .offset = 4});
  CHECK(Read(spaces, space, 0x1000, 3) == "456");
  CHECK(Read(spaces, space, 0x1006, 100) == "abcdef");
}

TEST_CASE("AddressSpaces: a mapping over the middle of another leaves both ends") {
  const TemporaryFile outer("AAAAAAAABBBBBBBBCCCCCCCC");
  const TemporaryFile inner("xyzxyzxy");
  AddressSpaces spaces;
  const auto space = spaces.IdOf(kGone);
  spaces.OnMapped(kGone, 0x1000, 24, {.path = outer.path(), .offset = 0});
  spaces.OnMapped(kGone, 0x1008, 8, {.path = inner.path(), .offset = 0});
  CHECK(Read(spaces, space, 0x1000, 100) == "AAAAAAAA");
  CHECK(Read(spaces, space, 0x1008, 100) == "xyzxyzxy");
  CHECK(Read(spaces, space, 0x1010, 100) == "CCCCCCCC");
}

TEST_CASE("AddressSpaces: a file that is no longer the one that was mapped is not taken for it") {
  const TemporaryFile file("0123456789abcdef");
  AddressSpaces spaces;
  const auto space = spaces.IdOf(kGone);
  spaces.OnMapped(kGone, 0x1000, 0x1000, {.path = file.path(), .inode = 1});
  CHECK(Read(spaces, space, 0x1000, 3).empty());
  spaces.OnMapped(kGone, 0x2000, 0x1000, {.path = "/bin/sh", .build_id = "not that of sh"});
  CHECK(Read(spaces, space, 0x2000, 3).empty());
  spaces.OnMapped(kGone, 0x3000, 0x1000, {.path = "/bin/sh"});
  CHECK(Read(spaces, space, 0x3000, 4) ==
        "\x7f"
        "ELF");
}

TEST_CASE("AddressSpaces: code without a file is read from the living process") {
  if (!heimdallr::test::MemoryIsReadable()) return;
  static const std::array<char, 6> kText{'h', 'e', 'l', 'l', 'o', '!'};
  AddressSpaces spaces;
  const auto space = spaces.IdOf(getpid());
  CHECK(Read(spaces, space, reinterpret_cast<std::uint64_t>(kText.data()), 6) == "hello!");
  CHECK(Read(spaces, space, 0x10, 6).empty());
}

TEST_CASE("AddressSpaces: a child has its parent's code, an exec none") {
  const TemporaryFile file("0123456789");
  AddressSpaces spaces;
  spaces.OnMapped(kGone, 0x1000, 0x1000, {.path = file.path(), .offset = 0});
  spaces.OnFork(kGone + 1, kGone);
  const auto child = spaces.IdOf(kGone + 1);
  CHECK(child != spaces.IdOf(kGone));
  CHECK(Read(spaces, child, 0x1001, 2) == "12");

  CHECK(spaces.OnExec(kGone + 1) == child);
  CHECK(spaces.IdOf(kGone + 1) != child);
  CHECK(Read(spaces, spaces.IdOf(kGone + 1), 0x1001, 2).empty());
  CHECK(Read(spaces, child, 0x1001, 2).empty());
}
