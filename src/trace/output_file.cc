#include "trace/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::trace {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

absl::Status CannotMake(const std::string& path, int error_number) {
  return base::SyscallError(error_number, fmt::format("cannot make trace '{}'", path));
}

absl::StatusOr<base::UniqueFd> Open(const std::string& path, int flags) {
  while (true) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0644);
    if (fd >= 0) return base::UniqueFd(fd);
    if (errno == EINTR) continue;
    if (errno == EEXIST) {
      return absl::AlreadyExistsError(fmt::format(
          "trace '{}' exists already: give another name with -o, or --force to replace it", path));
    }
    if (errno == ENXIO && (flags & O_NONBLOCK) != 0) {
      return absl::FailedPreconditionError(
          fmt::format("cannot write the trace to the pipe '{}': nobody reads it. Start the reader "
                      "first",
                      path));
    }
    return CannotMake(path, errno);
  }
}

// Without waiting for a reader, which may never come; writes do wait for it.
absl::StatusOr<base::UniqueFd> OpenPipe(const std::string& path) {
  auto fd = Open(path, O_NONBLOCK);
  if (!fd.ok()) return fd;
  const int flags = fcntl(fd->get(), F_GETFL);
  if (flags < 0 || fcntl(fd->get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return CannotMake(path, errno);
  }
  return fd;
}

absl::StatusOr<base::UniqueFd> OpenOutput(const std::string& path, Overwrite overwrite) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    // O_EXCL: a link that somebody put under a foreseeable name in a shared folder is not followed.
    return Open(path, O_CREAT | O_EXCL);
  }
  if (S_ISFIFO(found.st_mode)) return OpenPipe(path);
  if (S_ISCHR(found.st_mode)) return Open(path, 0);
  if (S_ISDIR(found.st_mode)) {
    return absl::FailedPreconditionError(fmt::format(
        "cannot make trace '{0}': it is a folder. Name a file in it, such as {0}/trace.htrace",
        path));
  }
  if (!S_ISREG(found.st_mode)) {
    return absl::FailedPreconditionError(
        fmt::format("cannot make trace '{}': it is neither a file nor a pipe", path));
  }
  // Replaced rather than emptied, as somebody may be reading the old one.
  if (overwrite == Overwrite::kReplace && unlink(path.c_str()) != 0 && errno != ENOENT) {
    return base::SyscallError(errno, fmt::format("cannot replace trace '{}'", path));
  }
  return Open(path, O_CREAT | O_EXCL);
}

}  // namespace

std::optional<FileSystemSpace> ProbeSpace(int fd) {
  struct stat file {};
  struct statvfs system {};
  if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return std::nullopt;
  if (fstatvfs(fd, &system) != 0 || system.f_blocks == 0) return std::nullopt;
  return FileSystemSpace{.total_bytes = std::uint64_t{system.f_blocks} * system.f_frsize,
                         .free_bytes = std::uint64_t{system.f_bavail} * system.f_frsize};
}

std::uint64_t ReservedBytes(const FileSystemSpace& space) {
  return std::min<std::uint64_t>(1024 * kMiB, space.total_bytes / 20);
}

absl::StatusOr<OutputFile> OutputFile::Create(const std::string& path, Overwrite overwrite,
                                              SpaceProbe probe) {
  auto fd = OpenOutput(path, overwrite);
  if (!fd.ok()) return fd.status();
  OutputFile file(path, *std::move(fd), std::move(probe));
  if (absl::Status space = file.CheckSpace(); !space.ok()) {
    unlink(path.c_str());  // made here a moment ago, and empty
    return space;
  }
  return file;
}

bool OutputFile::Append(std::string_view chunk, ChunkKind kind, std::uint32_t records) {
  if (!status_.ok()) return false;
  buffer_.append(chunk);
  queue_.push_back({.end = offset(), .kind = kind, .records = records});
  if (buffer_.size() >= kBufferBytes) Flush();
  return true;
}

const absl::Status& OutputFile::Flush() {
  std::size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t wrote = write(fd_.get(), buffer_.data() + done, buffer_.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      GiveUp(wrote == 0 ? EIO : errno, done);
      return status_;
    }
    done += static_cast<std::size_t>(wrote);
  }
  written_ += done;
  buffer_.clear();
  queue_.clear();
  if (status_.ok() && done != 0 && !short_of_space_) {
    // After the write, so that nothing in hand is lost to it.
    status_ = CheckSpace();
    short_of_space_ = !status_.ok();
  }
  return status_;
}

void OutputFile::AllowReserve() {
  if (short_of_space_) status_ = absl::OkStatus();
}

absl::Status OutputFile::CheckSpace() const {
  const std::optional<FileSystemSpace> space = probe_(fd_.get());
  if (!space.has_value() || space->free_bytes >= ReservedBytes(*space)) return absl::OkStatus();
  return absl::ResourceExhaustedError(fmt::format(
      "trace '{}' cannot grow: {} MiB are free on its file system and {} MiB are to stay free. "
      "Make room, or name a place with more by -o",
      path_, space->free_bytes / kMiB, ReservedBytes(*space) / kMiB));
}

void OutputFile::GiveUp(int error_number, std::size_t done) {
  std::uint64_t good = written_;  // the buffer's start, which is the start of a chunk
  auto first_lost = queue_.begin();
  for (; first_lost != queue_.end() && first_lost->end <= written_ + done; ++first_lost) {
    good = first_lost->end;
  }
  lost_.assign(first_lost, queue_.end());
  // Fails for pipes and devices, which keep what they got.
  written_ = ftruncate(fd_.get(), static_cast<off_t>(good)) == 0 ? good : written_ + done;
  queue_.clear();
  buffer_.clear();
  status_ = base::SyscallError(error_number,
                               fmt::format("cannot write trace '{}' beyond byte {}", path_, good));
}

}  // namespace heimdallr::trace
