#include "export/parquet_dataset.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

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

// SIGINT and its kin come when this is gone: what is half done is done first.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

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

Dataset::Dataset(const DatasetPlace& place)
    : root_(place.folder),
      folder_((fs::path(place.folder) / ("run=" + Encoded(place.run)) /
               fmt::format("rank={}", place.rank))
                  .string()),
      prefix_(fmt::format("part-{:03}-", place.repetition)) {}

absl::StatusOr<std::unique_ptr<Dataset>> Dataset::Create(const DatasetPlace& place) {
  std::unique_ptr<Dataset> dataset(new Dataset(place));
  if (absl::Status status = dataset->CheckFree(); !status.ok()) return status;
  if (absl::Status status = dataset->MakeFolders(dataset->root_); !status.ok()) return status;
  // In the dataset, as another folder may be of another file system.
  std::string staging = (fs::path(dataset->root_) / ".heimdallr-XXXXXX").string();
  if (mkdtemp(staging.data()) == nullptr) {
    return Failed({errno, std::generic_category()}, "make a folder in", dataset->root_);
  }
  dataset->staging_ = std::move(staging);
  return dataset;
}

Dataset::~Dataset() {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
  for (const std::string& folder : made_) rmdir(folder.c_str());  // not if anything is in it
}

// One after the other, to know which of them are ours.
absl::Status Dataset::MakeFolders(const std::string& folder) {
  fs::path path;
  for (const fs::path& part : fs::path(folder)) {
    path /= part;
    std::error_code error;
    if (fs::create_directory(path, error)) made_.insert(made_.begin(), path.string());
    if (error) return Failed(error, "make the folder", path);
  }
  return absl::OkStatus();
}

absl::Status Dataset::CheckFree() const {
  std::error_code error;
  if (!fs::exists(folder_, error)) return absl::OkStatus();
  const auto part = FindPart(folder_, prefix_);
  if (!part.ok()) return part.status();
  if (!*part) return absl::OkStatus();
  const std::string message =
      fmt::format("'{}' is there already: remove it, or name another folder", (*part)->string());
  return absl::AlreadyExistsError({message.data(), message.size()});
}

std::string Dataset::StagedPart(std::uint64_t number) const {
  return (fs::path(staging_) / std::to_string(number)).string();
}

std::string Dataset::Part(std::uint64_t number) const {
  return (fs::path(folder_) / fmt::format("{}{:05}.parquet", prefix_, number)).string();
}

absl::StatusOr<std::unique_ptr<FileSink>> Dataset::OpenPart() {
  return FileSink::Create(StagedPart(parts_++));
}

absl::Status Dataset::MovePart(std::uint64_t number) const {
  const std::string part = Part(number);
  if (std::rename(StagedPart(number).c_str(), part.c_str()) == 0) return absl::OkStatus();
  return Failed({errno, std::generic_category()}, "write", part);
}

absl::Status Dataset::Commit() {
  const SignalsHeld held;
  if (absl::Status status = CheckFree(); !status.ok()) return status;
  if (absl::Status status = MakeFolders(folder_); !status.ok()) return status;
  for (std::uint64_t number = 0; number < parts_; ++number) {
    absl::Status status = MovePart(number);
    if (status.ok()) continue;
    while (number-- > 0) unlink(Part(number).c_str());
    return status;
  }
  rmdir(staging_.c_str());
  staging_.clear();
  made_.clear();
  return absl::OkStatus();
}

}  // namespace heimdallr::exports
