#include "cli/doctor_trial.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "base/syscall_error.h"
#include "cli/doctor_workload.h"
#include "heimdallr/trace_reader.h"
#include "recorder/options.h"

namespace heimdallr::cli {
namespace {

constexpr char kThisProgram[] = "/proc/self/exe";

struct Run {
  int status = 0;      // of wait(2)
  std::string errors;  // what it wrote to standard error
};

absl::StatusOr<Run> RunQuietly(const std::vector<std::string>& words, const std::string& folder) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string errors = folder + "/errors";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT,
                                   0600);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, kThisProgram, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return base::SyscallError(error, "cannot start heimdallr for a trial");
  Run run;
  while (waitpid(pid, &run.status, 0) < 0) {
    if (errno != EINTR) return base::SyscallError(errno, "cannot wait for a trial");
  }
  auto text = base::ReadSmallFile(errors);
  if (text.ok()) run.errors = *std::move(text);
  return run;
}

// The first line, without the name of the program.
std::string FirstLine(std::string text) {
  text = text.substr(0, text.find('\n'));
  constexpr std::string_view kName = "heimdallr: ";
  return text.starts_with(kName) ? text.substr(kName.size()) : text;
}

struct Buffer {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  [[nodiscard]] bool Holds(std::uint64_t address) const {
    return address >= first && address < end;
  }
};

class Judge {
 public:
  Judge(const Buffer& buffer, Trial& trial) : buffer_(buffer), trial_(trial) {}

  void On(const AccessRecord& record) {
    CountAt(record.address);
    ticks_.insert(record.tick);
  }
  void On(const FaultRecord& record) { CountAt(record.address); }
  void On(const AllocationRecord& /*record*/) { ++trial_.allocations; }
  void On(const LossRecord& record) {
    if (record.kind == LossKind::kRingOverflow || record.kind == LossKind::kSamplesLost) {
      trial_.lost += record.count;
    } else if (record.kind == LossKind::kNoMemoryOperand ||
               record.kind == LossKind::kOperandUnknown ||
               record.kind == LossKind::kCodeUnreadable) {
      without_access_ += record.count;
    }
  }
  void On(const StatisticsRecord& record) {
    if (record.source == StatisticsSource::kWait) user_ns_ = record.user_ns;
  }
  template <typename Other>
  void On(const Other& /*record*/) {}

  void Finish() {
    trial_.ticks = ticks_.size();
    if (user_ns_ == 0) return;
    trial_.reached_hz =
        1e9 * static_cast<double>(ticks_.size() + without_access_) / static_cast<double>(user_ns_);
  }

 private:
  void CountAt(std::uint64_t address) {
    ++trial_.records;
    if (buffer_.Holds(address)) ++trial_.in_buffer;
  }

  const Buffer& buffer_;
  Trial& trial_;
  std::set<std::uint64_t> ticks_;
  std::uint64_t without_access_ = 0;
  std::uint64_t user_ns_ = 0;
};

absl::Status Read(const std::string& trace, const Buffer& buffer, Trial& trial) {
  auto reader = TraceReader::Open(trace);
  if (!reader.ok()) return reader.status();
  Judge judge(buffer, trial);
  auto record = reader->Next();
  for (; record.ok() && *record != nullptr; record = reader->Next()) {
    std::visit([&](const auto& r) { judge.On(r); }, **record);
  }
  judge.Finish();
  return record.status();
}

}  // namespace

absl::StatusOr<Trial> TrySource(const std::string& source, const std::string& scratch) {
  Trial trial{.source = source};
  if (source == "clock") trial.asked_hz = recorder::kDefaultFrequencyHz;
  const std::string folder = scratch + "/" + source;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return base::SyscallError(error.value(), fmt::format("cannot make '{}'", folder));
  const std::string trace = folder + "/trial.htrace";
  const std::string told = folder + "/buffer";
  const auto run = RunQuietly({"heimdallr", "-q", "--max-overhead=0", "--source=" + source, "-o",
                               trace, "--", kThisProgram, kDoctorWorkload, told},
                              folder);
  if (!run.ok()) return run.status();
  if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) != 0) {
    trial.problem = FirstLine(run->errors);
    if (trial.problem.empty()) trial.problem = "the trial did not end by itself";
    return trial;
  }
  Buffer buffer;
  std::ifstream(told) >> buffer.first >> buffer.end;
  if (const absl::Status read = Read(trace, buffer, trial); !read.ok()) {
    trial.problem = std::string(base::Message(read));
  } else if (trial.in_buffer == 0) {
    trial.problem = "no sample was of the memory that was accessed";
  }
  return trial;
}

}  // namespace heimdallr::cli
