#include "cli/recording_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include <absl/status/status.h>
#include <fmt/format.h>

namespace heimdallr::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".htrace";
constexpr std::string_view kDry = "dry";

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// By folders, and within them numbers by their value.
bool Before(const fs::path& a, const fs::path& b) {
  if (a.parent_path() != b.parent_path()) return a < b;
  const auto first = Number(a.stem().string());
  const auto second = Number(b.stem().string());
  if (first && second && *first != *second) return *first < *second;
  if (first.has_value() != second.has_value()) return first.has_value();
  return a < b;
}

absl::StatusOr<std::vector<fs::path>> FilesBelow(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, options, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() == kSuffix && entry->is_regular_file(ignored)) {
      files.push_back(entry->path());
    }
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(), fmt::format("cannot read folder '{}'", folder));
  }
  if (files.empty()) {
    return absl::NotFoundError(fmt::format("there is no trace (*.htrace) in folder '{}'", folder));
  }
  std::sort(files.begin(), files.end(), Before);
  return files;
}

// FNV-1a, 64 bits (draft-eastlake-fnv): tells files apart, which nobody makes alike on purpose.
class Digest {
 public:
  void Add(std::string_view bytes) {
    for (const char c : bytes) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> TraceFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  std::set<fs::path> seen;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) {
      return absl::NotFoundError(fmt::format("there is no file or folder '{}'", path));
    }
    std::vector<fs::path> found = {path};
    if (fs::is_directory(status)) {
      auto below = FilesBelow(path);
      if (!below.ok()) return below.status();
      found = *std::move(below);
    }
    for (const fs::path& file : found) {
      const fs::path real = fs::weakly_canonical(file, error);
      if (seen.insert(error ? file : real).second) files.push_back(file.string());
    }
  }
  return files;
}

store::RecordingName NameOfRecording(const std::string& path, const TraceHeader& header) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  if (error) whole = path;
  std::string name = whole.filename().string();
  if (name.ends_with(kSuffix) && name.size() > kSuffix.size()) {
    name.resize(name.size() - kSuffix.size());
  }
  const std::string folder = whole.parent_path().filename().string();
  const std::size_t dot = folder.rfind('.');
  const bool named_folder = dot != std::string::npos && dot != 0 && dot + 1 < folder.size();
  if (const auto number = Number(name); number && named_folder) {
    return {.run = folder,
            .workload = folder.substr(0, dot),
            .mode = folder.substr(dot + 1),
            .number = *number,
            .path = path};
  }
  const std::string dry_end = fmt::format(".{}", kDry);
  const bool says_dry = name.ends_with(dry_end) && name.size() > dry_end.size();
  return {.run = name,
          .workload = says_dry ? name.substr(0, name.size() - dry_end.size()) : name,
          .mode = std::string(says_dry || header.dry_run ? kDry : ""),
          .path = path};
}

absl::StatusOr<std::string> IdentityOf(const std::string& path, const TraceHeader& header,
                                       std::uint64_t header_bytes) {
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  std::array<char, 1 << 16> part{};
  for (std::uint64_t left = header_bytes; left != 0;) {
    const std::uint64_t length = std::min<std::uint64_t>(left, part.size());
    if (!file.read(part.data(), static_cast<std::streamsize>(length))) {
      // Nothing is wrong but the length when the file was cut after it was opened.
      return absl::ErrnoToStatus(file.eof() ? EIO : errno,
                                 fmt::format("cannot read the header of trace '{}'", path));
    }
    digest.Add({part.data(), static_cast<std::size_t>(length)});
    left -= length;
  }
  return fmt::format("{} {} {} {:016x}", header.start_realtime_ns, header.host, header.pid,
                     digest.value());
}

}  // namespace heimdallr::cli
