#include "sweep/result_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "base/new_file.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "sweep/state_json.h"

namespace heimdallr::sweep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStateName = "sweep.json";
constexpr std::size_t kLargestState = 256U << 20;  // kMaxRuns finished runs have some 50 MiB
// More than a run takes that is told to end (run_keeper.cc), in steps.
constexpr timespec kLockStep{.tv_sec = 0, .tv_nsec = 100'000'000};
constexpr int kLockSteps = 450;

absl::Status SystemError(const std::error_code& error, const std::string& what) {
  return base::SyscallError(error.value(), what);
}

std::string StatePath(const std::string& folder) {
  return fmt::format("{}/{}", folder, kStateName);
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

absl::Status Lock(int fd, const std::string& path, ResultFolder::WhenLocked wait) {
  for (int step = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; ++step) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) {
      return base::SyscallError(errno, fmt::format("cannot lock folder '{}'", path));
    }
    if (wait == ResultFolder::WhenLocked::kFail || step == kLockSteps) {
      return absl::FailedPreconditionError(
          fmt::format("another sweep works in folder '{}'. Wait for its end, or choose another "
                      "folder",
                      path));
    }
    nanosleep(&kLockStep, nullptr);
  }
  return absl::OkStatus();
}

absl::Status Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return base::SyscallError(errno, fmt::format("cannot remove '{}'", path));
}

}  // namespace

absl::StatusOr<ResultFolder> ResultFolder::Open(const std::string& path, WhenLocked wait) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return SystemError(error, fmt::format("cannot make folder '{}'", path));
  const fs::path whole = fs::canonical(path, error);
  if (error) return SystemError(error, fmt::format("cannot open folder '{}'", path));
  base::UniqueFd fd(open(whole.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return base::SyscallError(errno, fmt::format("cannot open folder '{}'", path));
  if (access(whole.c_str(), W_OK) != 0) {
    return base::SyscallError(errno, fmt::format("cannot write into folder '{}'", path));
  }
  RETURN_IF_ERROR(Lock(fd.get(), path, wait));
  return ResultFolder(whole.string(), std::move(fd));
}

bool ResultFolder::HasSweep(const std::string& path) { return Exists(StatePath(path)); }

absl::StatusOr<SweepState> ResultFolder::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(StatePath(path), kLargestState));
  auto state = FromJson(text);
  if (state.ok()) return state;
  return absl::InvalidArgumentError(
      fmt::format("cannot go on with '{}': {}", StatePath(path), base::Message(state.status())));
}

absl::Status ResultFolder::Save(const SweepState& state) const {
  ASSIGN_OR_RETURN(base::NewFile file, base::NewFile::Create(StatePath(path_)));
  RETURN_IF_ERROR(file.Write(ToJson(state)));
  return file.Commit();
}

absl::Status ResultFolder::CheckFree(const SweepState& state) const {
  for (const Run& run : state.runs) {
    const RunFiles files = FilesOf(state, run);
    for (const std::string& path : {files.trace, files.partial_trace, files.output, files.errors}) {
      if (!Exists(path)) continue;
      return absl::AlreadyExistsError(fmt::format(
          "'{}' exists and is of no sweep. Choose another folder, or move it away", path));
    }
  }
  return absl::OkStatus();
}

absl::Status ResultFolder::Recover(SweepState& state) const {
  for (Run& run : state.runs) {
    const RunFiles files = FilesOf(state, run);
    if (IsResult(run.state)) {
      if (Exists(files.trace)) continue;
      // The sweep was killed between writing the result down and naming the trace.
      if (Exists(files.partial_trace)) {
        RETURN_IF_ERROR(Finish(files));
        continue;
      }
    }
    if (Exists(files.trace)) {
      return absl::AlreadyExistsError(
          fmt::format("'{}' exists, but '{}' knows of no such result. Move it away", files.trace,
                      StatePath(path_)));
    }
    RETURN_IF_ERROR(Remove(files.partial_trace));
    run = {.what = run.what};
  }
  // Of a state that was being written.
  std::error_code error;
  std::vector<std::string> left;
  const std::string begin = fmt::format("{}.", kStateName);
  for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(begin) && name.size() == begin.size() + 6) left.push_back(entry->path());
  }
  for (const std::string& path : left) RETURN_IF_ERROR(Remove(path));
  return absl::OkStatus();
}

RunFiles ResultFolder::FilesOf(const SweepState& state, const Run& run) const {
  const std::string folder = fmt::format("{}/{}", path_, RunId(state.plan, run.what));
  const std::string stem = fmt::format("{}/{}", folder, run.what.repetition);
  return {.folder = folder,
          .trace = stem + ".htrace",
          .partial_trace = stem + ".htrace.partial",
          .output = stem + ".out",
          .errors = stem + ".err"};
}

absl::Status ResultFolder::Prepare(const RunFiles& files) const {
  std::error_code error;
  fs::create_directories(files.folder, error);
  if (error) return SystemError(error, fmt::format("cannot make folder '{}'", files.folder));
  for (const std::string& path : {files.partial_trace, files.output, files.errors}) {
    RETURN_IF_ERROR(Remove(path));
  }
  return absl::OkStatus();
}

absl::Status ResultFolder::Secure(const RunFiles& files) const {
  const base::UniqueFd trace(open(files.partial_trace.c_str(), O_RDONLY | O_CLOEXEC));
  if (trace.valid() && fsync(trace.get()) == 0) return absl::OkStatus();
  return base::SyscallError(errno, fmt::format("cannot write '{}'", files.partial_trace));
}

absl::Status ResultFolder::Finish(const RunFiles& files) const {
  const char* from = files.partial_trace.c_str();
  const char* to = files.trace.c_str();
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return absl::OkStatus();
  // Some file systems of networks know no such renaming. Nobody else works in this folder.
  if ((errno == EINVAL || errno == ENOSYS) && !Exists(files.trace) && std::rename(from, to) == 0) {
    return absl::OkStatus();
  }
  return base::SyscallError(
      errno, fmt::format("cannot give '{}' its name '{}'", files.partial_trace, files.trace));
}

}  // namespace heimdallr::sweep
