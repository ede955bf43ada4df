#include "store/update.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "store/schema.h"

namespace heimdallr::store {
namespace {

namespace fs = std::filesystem;

// Names are `DATABASE.unfinished-HOST-PID`: processes of another host, which may share the file
// system, cannot be asked.
std::string UnfinishedPrefix(const std::string& path) {
  std::array<char, HOST_NAME_MAX + 1> host{};
  gethostname(host.data(), host.size() - 1);
  std::replace(host.begin(), host.end(), '/', '_');
  return fmt::format("{}.unfinished-{}-", path, host.data());
}

// Whether somebody has the database open. It is locked from its first use to its last, also by
// processes of containers, whose ids mean others here; where locks are not known, it counts as in
// use.
bool IsInUse(const std::string& database) {
  // https://www.sqlite.org/fileformat2.html#the_lock_byte_page
  constexpr off_t kLockBytes = 0x40000000;
  constexpr off_t kLockLength = 512;
  const int fd = open(database.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return true;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kLockBytes;
  lock.l_len = kLockLength;
  const int result = fcntl(fd, F_OFD_GETLK, &lock);
  close(fd);
  return result != 0 || lock.l_type != F_UNLCK;
}

// Removes what conversions into `path` left behind that were killed.
void RemoveAbandoned(const std::string& path) {
  const fs::path target(path);
  const std::string prefix = UnfinishedPrefix(target.filename().string());
  std::error_code error;
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    pid_t pid = 0;
    const char* const first = name.data() + prefix.size();
    const char* const last = name.data() + name.size();
    const auto [at, wrong] = std::from_chars(first, last, pid);
    if (wrong != std::errc{} || at != last || pid <= 0) continue;
    // The id comes first: a conversion that has just begun has no lock yet.
    const bool is_gone = kill(pid, 0) != 0 && errno == ESRCH;
    if (is_gone && !IsInUse(entry->path())) {
      std::error_code ignored;  // it is in nobody's way
      fs::remove(entry->path(), ignored);
    }
  }
}

absl::Status SystemError(int number, std::string_view doing, const std::string& path) {
  return absl::ErrnoToStatus(number, fmt::format("cannot {} '{}'", doing, path));
}

absl::Status Sync(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "open", path);
  const int result = fsync(fd);
  const int error = errno;
  close(fd);
  // Some file systems cannot sync folders: then there is nothing to be done about it.
  if (result != 0 && error != EINVAL) return SystemError(error, "write", path);
  return absl::OkStatus();
}

// Not over a database that somebody else has made there in the meantime.
absl::Status MoveTo(const std::string& from, const std::string& path) {
  std::error_code error;
  if (fs::file_size(path, error) == 0 && !error) unlink(path.c_str());
  int result = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE);
  if (result != 0 && (errno == EINVAL || errno == ENOSYS)) {  // not on this file system
    result = link(from.c_str(), path.c_str());
    if (result == 0) unlink(from.c_str());
  }
  if (result == 0) return absl::OkStatus();
  return SystemError(errno, "move the finished database to", path);
}

// A connection that met a full disk cannot undo what it began; the next one to read does.
void UndoWhatIsLeft(const std::string& path) {
  const auto connection = Connection::Open(path, OpenMode::kRead);
  if (!connection.ok()) return;
  static_cast<void>((*connection)->Execute("SELECT count(*) FROM sqlite_schema"));
}

}  // namespace

absl::StatusOr<Update> Update::BeginNew(const std::string& path) {
  RemoveAbandoned(path);
  std::string temporary = fmt::format("{}{}", UnfinishedPrefix(path), getpid());
  std::error_code ignored;
  fs::remove(temporary, ignored);  // of a process that had our id
  auto connection = Connection::Open(temporary, OpenMode::kCreate);
  if (!connection.ok()) {
    return absl::Status(connection.status().code(),
                        fmt::format("cannot make database '{}' (by way of '{}'). Check that its "
                                    "folder exists and may be written to",
                                    path, temporary));
  }
  Update update(*std::move(connection), path, std::move(temporary));
  absl::Status status = update.connection_->Execute("BEGIN EXCLUSIVE");
  if (status.ok()) status = CreateTables(*update.connection_);
  if (!status.ok()) return status;
  return update;
}

absl::StatusOr<Update> Update::Begin(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory || (!error && size == 0)) return BeginNew(path);
  auto connection = Connection::Open(path, OpenMode::kAppend);
  if (!connection.ok()) return connection.status();
  absl::Status status = CheckSchema(**connection);
  if (status.ok()) status = (*connection)->Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  return Update(*std::move(connection), path, "");
}

absl::Status Update::Commit() {
  absl::Status status = connection_->noted();
  if (status.ok()) status = connection_->Execute(kViewsSql);
  if (status.ok()) status = connection_->Execute("COMMIT");
  if (status.ok() && !temporary_.empty()) status = Publish();
  if (status.ok()) connection_ = nullptr;
  return status;
}

absl::Status Update::Publish() {
  connection_ = nullptr;
  absl::Status status = Sync(temporary_, O_RDWR);
  if (status.ok()) status = MoveTo(temporary_, path_);
  if (status.ok()) {
    const fs::path folder = fs::path(path_).parent_path();
    return Sync(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
  }
  unlink(temporary_.c_str());
  return status;
}

Update::~Update() {
  if (connection_ == nullptr) return;
  // Closing rolls back as well, but says nothing either.
  static_cast<void>(connection_->Execute("ROLLBACK"));
  connection_ = nullptr;
  if (temporary_.empty()) {
    UndoWhatIsLeft(path_);
  } else {
    unlink(temporary_.c_str());
  }
}

}  // namespace heimdallr::store
