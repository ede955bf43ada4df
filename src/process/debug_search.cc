#include "process/debug_search.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <elfutils/libdwelf.h>
#include <fmt/format.h>

namespace heimdallr::process {
namespace {

constexpr std::string_view kDebugRoot = "/usr/lib/debug";

// "/proc/PID/root" when the path begins so: the file system as that process sees it.
std::string RootOf(std::string_view path) {
  constexpr std::string_view kProc = "/proc/";
  constexpr std::string_view kRoot = "/root/";
  if (!path.starts_with(kProc)) return {};
  std::size_t end = kProc.size();
  while (end < path.size() && std::isdigit(static_cast<unsigned char>(path[end])) != 0) ++end;
  if (end == kProc.size() || !path.substr(end).starts_with(kRoot)) return {};
  return std::string(path.substr(0, end + kRoot.size() - 1));
}

// The directory of the file, and of the one it is a link to (as /proc/PID/exe is).
std::vector<std::filesystem::path> DirectoriesOf(const std::string& path, const std::string& root) {
  const std::filesystem::path file(path);
  std::vector<std::filesystem::path> directories{file.parent_path()};
  std::error_code error;
  const std::filesystem::path target = std::filesystem::read_symlink(file, error);
  if (error) return directories;
  const std::filesystem::path directory = target.parent_path();
  directories.push_back(target.is_absolute() ? std::filesystem::path(root + directory.string())
                                             : file.parent_path() / directory);
  return directories;
}

std::vector<std::string> Candidates(const std::string& from, const DebugReference& reference) {
  const std::string root = RootOf(from);
  std::vector<std::string> roots{root};
  if (!root.empty()) roots.emplace_back();
  std::vector<std::string> paths;
  if (reference.build_id.size() > 1) {
    std::string hex;
    for (const char byte : reference.build_id) {
      hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    for (const std::string& base : roots) {
      paths.push_back(fmt::format("{}{}/.build-id/{}/{}.debug", base, kDebugRoot, hex.substr(0, 2),
                                  hex.substr(2)));
    }
  }
  if (reference.name.empty()) return paths;
  if (reference.name.front() == '/') {
    for (const std::string& base : roots) paths.push_back(base + reference.name);
    return paths;
  }
  for (const std::filesystem::path& directory : DirectoriesOf(from, root)) {
    paths.push_back((directory / reference.name).string());
    paths.push_back((directory / ".debug" / reference.name).string());
    const std::string inside =
        directory.string().substr(directory.string().starts_with(root) ? root.size() : 0);
    for (const std::string& base : roots) {
      paths.push_back(fmt::format("{}{}{}/{}", base, kDebugRoot, inside, reference.name));
    }
  }
  return paths;
}

// The checksum of .gnu_debuglink: CRC-32 as in IEEE 802.3, reflected.
constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xedb88320U : 0U);
    table[i] = value;
  }
  return table;
}();

std::optional<std::uint32_t> Crc32(int file) {
  std::vector<unsigned char> buffer(1U << 16);
  std::uint32_t crc = ~0U;
  off_t at = 0;
  while (true) {
    const ssize_t got = pread(file, buffer.data(), buffer.size(), at);
    if (got < 0) return std::nullopt;
    if (got == 0) return ~crc;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      crc = (crc >> 8) ^ kCrcTable[(crc ^ buffer[i]) & 0xff];
    }
    at += got;
  }
}

bool IsReferenced(const ElfHandle& found, const DebugReference& reference) {
  if (!reference.build_id.empty()) return BuildId(found.elf.get()) == reference.build_id;
  return reference.crc && Crc32(found.file.get()) == reference.crc;
}

bool IsSameFile(const std::string& a, const std::string& b) {
  struct stat status_a {};
  struct stat status_b {};
  return stat(a.c_str(), &status_a) == 0 && stat(b.c_str(), &status_b) == 0 &&
         status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
}

}  // namespace

ElfHandle OpenReferenced(const std::string& from, const DebugReference& reference) {
  for (const std::string& path : Candidates(from, reference)) {
    // A link that names the file itself would find the same build-id there.
    if (access(path.c_str(), R_OK) != 0 || IsSameFile(path, from)) continue;
    auto found = OpenElf(path);
    if (found.ok() && IsReferenced(*found, reference)) return *std::move(found);
  }
  return {};
}

std::string BuildId(Elf* elf) {
  const void* bytes = nullptr;
  const ssize_t size = dwelf_elf_gnu_build_id(elf, &bytes);
  if (size <= 0) return {};
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace heimdallr::process
