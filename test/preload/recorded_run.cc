#include "recorded_run.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/clock.h"

namespace heimdallr::test {
namespace {

using channel::Channel;
using channel::EventCode;
using channel::EventRecord;
using channel::RingOwner;

class Counter : public channel::EventSink {
 public:
  Counter(RunResult& result, const RunOptions& options) : result_(result), options_(options) {}

  void OnEvents(const RingOwner& owner, std::span<const EventRecord> events) override {
    result_.processes.insert(owner.pid);
    for (const EventRecord& event : events) {
      const EventCode code = channel::TagCode(event.tag);
      ++result_.by_code[static_cast<std::size_t>(code)];
      const bool made = MakesHeapBlock(code) && event.address != 0;
      const std::uint64_t size = made ? event.size & channel::kSizeMask : event.size;
      if (code < EventCode::kReallocBegin && event.address != 0) result_.bytes += size;
      if (options_.channel.stack_depth != 0) FollowStacks(owner, event, code);
      if (options_.keep_events) {
        const auto memory =
            static_cast<channel::MemoryCode>(made ? event.size >> channel::kMemoryShift : 0);
        result_.events.push_back({owner, code, event.time, event.address, size,
                                  event.tag & channel::kTagPayloadMask, memory});
      }
    }
  }

  void OnOwnerGone(const RingOwner& owner) override {
    ++result_.gone;
    defining_.erase(owner.owner);
  }

 private:
  struct Definition {
    std::uint64_t id = 0;
    std::uint64_t missing = 0;
  };

  void FollowStacks(const RingOwner& owner, const EventRecord& event, EventCode code) {
    Definition& definition = defining_[owner.owner];
    if (code == EventCode::kStackDefinition) {
      definition = {event.tag & channel::kTagPayloadMask, event.address};
      result_.stacks[definition.id].clear();
    } else if (code == EventCode::kStackFrames) {
      for (const std::uint64_t frame : {event.time, event.address, event.size}) {
        if (definition.missing == 0) break;
        result_.stacks[definition.id].push_back(frame);
        --definition.missing;
      }
    } else if (code < EventCode::kThreadStart &&
               !result_.stacks.contains(event.tag & channel::kTagPayloadMask)) {
      ++result_.unknown_stacks;
    }
  }

  RunResult& result_;
  const RunOptions& options_;
  std::map<std::uint64_t, Definition> defining_;
};

[[noreturn]] void Exec(const std::vector<std::string>& command, const RunOptions& options,
                       const std::string& path, int output) {
  if (options.drop_output) output = open("/dev/null", O_WRONLY);
  dup2(output, STDOUT_FILENO);
  if (options.interposed) {
    std::string libraries = HEIMDALLR_PRELOAD;
#ifdef HEIMDALLR_MEMKIND
    if (!TestMemory().empty()) {
      libraries += ":" HEIMDALLR_MEMKIND;
      setenv(channel::kMemoryVariable, TestMemory().c_str(), 1);
    }
#endif
    setenv("LD_PRELOAD", (libraries + options.preload_after).c_str(), 1);
    setenv(channel::kEnvironmentVariable, path.c_str(), 1);
  }
  for (const std::string& entry : options.environment) putenv(strdup(entry.c_str()));
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  // Whoever runs the tests may have left descriptors open; the program's first one is then not 3.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  execvp(arguments[0], arguments.data());
  std::fprintf(stderr, "cannot run %s: %s\n", arguments[0], std::strerror(errno));
  _exit(127);
}

// All that is there now. False at the end of the output.
bool ReadOutput(int fd, std::string& output) {
  char buffer[4096];
  for (;;) {
    const ssize_t bytes = read(fd, buffer, sizeof(buffer));
    if (bytes <= 0) return bytes < 0 && errno == EAGAIN;
    output.append(buffer, static_cast<std::size_t>(bytes));
  }
}

bool Alive(std::int32_t pid, std::int32_t tid) {
  const std::string path =
      "/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/stat";
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return false;
  char line[256] = {};
  const bool read = std::fgets(line, sizeof(line), file) != nullptr;
  std::fclose(file);
  const char* const state = std::strrchr(line, ')');
  return read && state != nullptr && state[2] != 'Z' && state[2] != 'X';
}

}  // namespace

std::string TestMemory() {
  const char* const memory = std::getenv("HEIMDALLR_TEST_MEMORY");
  return memory != nullptr ? memory : "";
}

bool MakesHeapBlock(EventCode code) {
  const auto number = static_cast<int>(code);
  return (number >= 1 && number <= 10 && number != 5) || number == 13 || number == 14;
}

RunResult Run(const std::vector<std::string>& command, const RunOptions& options) {
  RunResult result;
  channel::ChannelOptions channel_options = options.channel;
  channel_options.recorder_pid = options.recorder_pid != 0 ? options.recorder_pid : getpid();
  auto channel = Channel::Create(channel_options);
  if (!channel.ok()) std::abort();
  Counter counter(result, options);

  prctl(PR_SET_CHILD_SUBREAPER, 1);  // grandchildren are waited for too
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const std::string path = channel->path();
  const pid_t child = fork();
  if (child == 0) Exec(command, options, path, ends[1]);
  close(ends[1]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);

  std::uint64_t next_reap_ns = 0;
  for (bool running = true; running;) {
    const std::uint64_t now = base::MonotonicNs();
    std::uint64_t events = 0;
    if (!options.before_poll || options.before_poll(*channel)) {
      events = channel->Poll(counter, now);
      if (now >= next_reap_ns) {
        channel->Reap(counter, Alive);
        next_reap_ns = now + 20'000'000;
      }
    }
    ReadOutput(ends[0], result.output);
    for (int status = 0;;) {
      const pid_t ended = waitpid(-1, &status, WNOHANG);
      if (ended == child) result.status = status;
      if (ended <= 0) {
        running = ended == 0;
        break;
      }
    }
    if (events == 0 && running) {
      pollfd wait{.fd = -1, .events = 0, .revents = 0};
      const timespec round{.tv_sec = 0, .tv_nsec = 200'000};
      ppoll(&wait, 1, &round, nullptr);
    }
  }
  while (channel->Poll(counter, base::MonotonicNs()) != 0) {
  }
  channel->Reap(counter, [](std::int32_t, std::int32_t) { return false; });
  ReadOutput(ends[0], result.output);
  close(ends[0]);
  result.totals = channel->totals();
  return result;
}

}  // namespace heimdallr::test
