#include "export/parquet_dataset.h"

#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

namespace heimdallr::exports {
namespace {

namespace fs = std::filesystem;

// Most specific first: srun may start mpirun's daemons, each with a SLURM_PROCID of its own.
constexpr std::string_view kRankVariables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                               "SLURM_PROCID"};

// As Hive writes the values of partitions: readers decode it.
std::string Encoded(std::string_view run) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+,@ ";
  constexpr std::size_t kLongest = 200;  // of 255 bytes that a file name may have
  std::string encoded;
  for (const char c : run) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    if (encoded.size() >= kLongest) break;
  }
  return encoded;
}

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status Failed(const std::error_code& error, std::string_view what, const fs::path& path) {
  const std::string message = fmt::format("cannot {} '{}'", what, path.string());
  return absl::ErrnoToStatus(error.value(), {message.data(), message.size()});
}

// The first part there is already, if any.
absl::StatusOr<std::optional<fs::path>> FindPart(const fs::path& folder,
                                                 const std::string& prefix) {
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".parquet")) return at->path();
  }
  if (error) return Failed(error, "read the folder", folder);
  return std::nullopt;
}

}  // namespace

std::uint64_t RankOf(const TraceHeader& header) {
  for (const std::string_view variable : kRankVariables) {
    for (const std::string_view entry : header.environment) {
      if (!entry.starts_with(variable) || entry.substr(variable.size(), 1) != "=") continue;
      if (const auto rank = Number(entry.substr(variable.size() + 1))) return *rank;
    }
  }
  return 0;
}

absl::StatusOr<ParquetRows::OpenPart> OpenDataset(const DatasetPlace& place) {
  const fs::path folder =
      fs::path(place.folder) / ("run=" + Encoded(place.run)) / fmt::format("rank={}", place.rank);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Failed(error, "make the folder", folder);
  const std::string prefix = fmt::format("part-{:03}-", place.repetition);
  auto part = FindPart(folder, prefix);
  if (!part.ok()) return part.status();
  if (*part) {
    const std::string message =
        fmt::format("'{}' is there already: remove it, or name another folder", (*part)->string());
    return absl::AlreadyExistsError({message.data(), message.size()});
  }
  return [folder, prefix, number = 0]() mutable {
    return FileSink::Create((folder / fmt::format("{}{:05}.parquet", prefix, number++)).string());
  };
}

}  // namespace heimdallr::exports
