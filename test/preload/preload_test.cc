// The interposer in real processes, against what these say they did.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <sstream>

#include <catch2/catch.hpp>

#include "abilities.h"
#include "base/clock.h"
#include "channel/clock_sync.h"
#include "recorded_run.h"

using heimdallr::channel::Channel;
using heimdallr::channel::ChannelClock;
using heimdallr::channel::EventCode;
using heimdallr::channel::MemoryCode;
using heimdallr::test::ForksAreSeen;
using heimdallr::test::Run;
using heimdallr::test::RunOptions;
using heimdallr::test::RunResult;
using heimdallr::test::SeenEvent;

namespace {

// What the processes of a run said of themselves.
struct Truth {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> text;
  std::map<int, std::uint64_t> expected;  // by event code

  [[nodiscard]] bool Contains(std::uint64_t address) const {
    return std::any_of(text.begin(), text.end(), [&](const auto& range) {
      return address >= range.first && address < range.second;
    });
  }
};

#if defined(__x86_64__)
constexpr bool kLocalsBelowPointer = true;
#else
constexpr bool kLocalsBelowPointer = false;
#endif

// Lines of the workloads ("calls PID NAME COUNT") name calls as C does.
const std::map<std::string, int> kCodes{{"malloc", 1},
                                        {"calloc", 2},
                                        {"realloc", 3},
                                        {"reallocarray", 4},
                                        {"free", 5},
                                        {"posix_memalign", 6},
                                        {"aligned_alloc", 7},
                                        {"memalign", 8},
                                        {"valloc", 9},
                                        {"pvalloc", 10},
                                        {"operator_new", 13},
                                        {"operator_new[]", 14},
                                        {"operator_delete", 15},
                                        {"operator_delete[]", 16},
                                        {"mmap", 17},
                                        {"munmap", 18},
                                        {"mremap", 19},
                                        {"sbrk", 21}};

Truth ParseTruth(const std::string& output) {
  Truth truth;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    std::vector<std::string> rest;
    for (std::string word; words >> word;) rest.push_back(word);
    if (kind == "text" && rest.size() >= 2) {
      const std::size_t n = rest.size();
      truth.text.emplace_back(std::stoull(rest[n - 2], nullptr, 16),
                              std::stoull(rest[n - 1], nullptr, 16));
    } else if (kind == "expect") {
      truth.expected[std::stoi(rest.at(0))] += std::stoull(rest.at(1));
    } else if (kind == "calls") {
      truth.expected[kCodes.at(rest.at(1))] += std::stoull(rest.at(2));
    }
  }
  return truth;
}

std::uint64_t Caller(const RunResult& result, const SeenEvent& event, bool stacks) {
  if (!stacks) return event.payload;
  const auto stack = result.stacks.find(event.payload);
  return stack == result.stacks.end() || stack->second.empty() ? 0 : stack->second[0];
}

// Events by code that the program's own code caused.
std::map<int, std::uint64_t> OwnEvents(const RunResult& result, const Truth& truth, bool stacks) {
  std::map<int, std::uint64_t> counts;
  for (const SeenEvent& event : result.events) {
    if (truth.Contains(Caller(result, event, stacks))) ++counts[static_cast<int>(event.code)];
  }
  return counts;
}

RunOptions Keep(std::uint32_t stack_depth = 0) {
  RunOptions options;
  options.channel.clock = heimdallr::channel::BestClock();
  options.channel.stack_depth = stack_depth;
  options.keep_events = true;
  return options;
}

void CheckExact(const RunResult& result, bool stacks = false) {
  INFO(result.output.substr(0, 2000));
  const Truth truth = ParseTruth(result.output);
  REQUIRE_FALSE(truth.text.empty());
  const auto seen = OwnEvents(result, truth, stacks);
  for (const auto& [code, count] : truth.expected) {
    INFO("event code " << code);
    CHECK((seen.contains(code) ? seen.at(code) : 0) == count);
  }
  // And each of its blocks came from the memory that was asked for.
  const auto asked =
      heimdallr::test::TestMemory().empty() ? MemoryCode::kDefault : MemoryCode::kAsked;
  const auto elsewhere =
      std::count_if(result.events.begin(), result.events.end(), [&](const SeenEvent& event) {
        return heimdallr::test::MakesHeapBlock(event.code) && event.address != 0 &&
               event.memory != asked && truth.Contains(Caller(result, event, stacks));
      });
  CHECK(elsewhere == 0);
  CHECK(result.totals.corrupt == 0);
  CHECK(result.totals.dropped == 0);
  CHECK(result.totals.owners == result.gone);
  CHECK(result.unknown_stacks == 0);
}

RunResult Subject(const std::string& name, const RunOptions& options = Keep()) {
  RunResult result = Run({HEIMDALLR_SUBJECT, name}, options);
  INFO(result.output.substr(0, 2000));
  CHECK(result.status == 0);
  return result;
}

RunResult Workload(std::vector<std::string> command, const RunOptions& options = Keep()) {
  command[0] = std::string(HEIMDALLR_WORKLOADS) + "/" + command[0];
  return Run(command, options);
}

bool Has(const RunResult& result, int code, std::uint64_t size, std::uint64_t count = 1) {
  std::uint64_t found = 0;
  for (const SeenEvent& event : result.events) {
    found += static_cast<int>(event.code) == code && event.size == size;
  }
  return found >= count;
}

}  // namespace

TEST_CASE("Interposer: calls that succeed leave errno alone") { CheckExact(Subject("errno")); }

TEST_CASE("Interposer: with stacks and the system's clock errno is left alone too") {
  RunOptions options = Keep(16);
  options.channel.clock = ChannelClock::kMonotonic;
  CheckExact(Subject("errno", options), true);
}

TEST_CASE("Interposer: edge cases behave as without it, and failures are recorded with address 0") {
  const RunResult result = Subject("edges");
  CheckExact(result);
  const Truth truth = ParseTruth(result.output);
  std::map<int, int> failed;
  for (const SeenEvent& event : result.events) {
    if (event.address == 0 && truth.Contains(event.payload)) ++failed[static_cast<int>(event.code)];
  }
  // malloc, calloc, reallocarray, posix_memalign, mmap; realloc(p, 0) and realloc too large.
  CHECK(failed == std::map<int, int>{{1, 1}, {2, 1}, {3, 2}, {4, 1}, {6, 1}, {17, 1}});
}

TEST_CASE("Interposer: every form of call is recorded with its size") {
  const RunResult result = Subject("forms");
  CheckExact(result);
  CHECK(Has(result, 6, 100));
  CHECK(Has(result, 7, 512));
  CHECK(Has(result, 8, 10));
  CHECK(Has(result, 4, 100));
  CHECK(Has(result, 2, 1000));
  CHECK(Has(result, 11, 33));
  CHECK(Has(result, 12, 128));
  CHECK(Has(result, 13, 11));
  CHECK(Has(result, 14, 12));
  CHECK(Has(result, 14, 0));
  CHECK(Has(result, 19, 8192));
}

TEST_CASE("Interposer: the halves of a realloc name the old block, then the new one") {
  const RunResult result = Subject("forms");
  const Truth truth = ParseTruth(result.output);
  std::vector<SeenEvent> own;
  for (const SeenEvent& event : result.events) {
    if (truth.Contains(event.payload)) own.push_back(event);
  }
  const auto begin = std::find_if(own.begin(), own.end(), [](const SeenEvent& event) {
    return event.code == EventCode::kReallocarrayBegin;
  });
  REQUIRE(begin != own.end());
  REQUIRE(begin != own.begin());
  const SeenEvent& made = *(begin - 1);
  const SeenEvent& end = *(begin + 1);
  const SeenEvent& freed = *(begin + 2);
  CHECK(static_cast<int>(made.code) == 1);
  CHECK(begin->address == made.address);
  CHECK(static_cast<int>(end.code) == 4);
  CHECK(freed.address == end.address);
  CHECK(made.time <= begin->time);
  CHECK(begin->time <= end.time);
}

TEST_CASE("Interposer: each thread's record starts with where its stack is") {
  if (!ForksAreSeen()) return;
  const RunResult result = Subject("descriptors");
  std::map<std::uint64_t, const SeenEvent*> first;
  for (const SeenEvent& event : result.events) first.try_emplace(event.owner.owner, &event);
  CHECK(first.size() == 4);
  for (const auto& [owner, event] : first) {
    CHECK(event->code == EventCode::kThreadStart);
    CHECK(event->address != 0);
    CHECK(event->size >= 4096);
  }
}

TEST_CASE("Interposer: threads that allocate nothing report where they are, too") {
  const RunResult result = Workload({"thread_local", "1x"});
  REQUIRE(result.status == 0);
  CHECK(result.Count(EventCode::kThreadStart) == 5);
  // On x86-64 thread-local variables lie right below the thread pointer, the stack of a thread
  // below them; on other processors right above it.
  std::istringstream lines(result.output);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind, pid, name, address;
    words >> kind >> pid >> name >> address;
    if (kind != "object") continue;
    const std::uint64_t first = std::stoull(address, nullptr, 16);
    found += static_cast<int>(
        std::count_if(result.events.begin(), result.events.end(), [&](const SeenEvent& event) {
          if (event.code != EventCode::kThreadStart) return false;
          const bool local = name.starts_with("tls");
          const std::uint64_t mark = local ? event.address : event.size;
          if (local && !kLocalsBelowPointer) return first >= mark && first - mark < 16384;
          return first < mark && mark - first < 16384;
        }));
  }
  CHECK(found == 8);
}

TEST_CASE("Interposer: a failing operator new throws as it should and is recorded once") {
  const RunResult result = Subject("new_fails");
  CheckExact(result);
  // From whatever caller: libstdc++ asks malloc again for each call of the new-handler.
  const auto failed = std::count_if(
      result.events.begin(), result.events.end(),
      [](const SeenEvent& event) { return event.address == 0 && event.size >= SIZE_MAX / 2; });
  CHECK(failed == 4 + 2 + 3);  // new, new[], malloc
}

TEST_CASE("Interposer: sixteen threads that exchange blocks are recorded exactly") {
  CheckExact(Workload({"threads", "16", "20000"}));
}

TEST_CASE("Interposer: ten thousand short threads are recorded exactly") {
  CheckExact(Workload({"short_threads", "10000"}));
}

TEST_CASE("Interposer: a tree of thirty forked processes is recorded exactly") {
  if (!ForksAreSeen()) return;
  const RunResult result = Workload({"fork_tree", "30"});
  CheckExact(result);
  CHECK(result.processes.size() == 30);
}

TEST_CASE("Interposer: a chain of images in one process is recorded exactly") {
  const RunResult result = Workload({"exec_chain", "10"});
  CheckExact(result);
  CHECK(result.processes.size() == 1);
}

TEST_CASE(
    "Interposer: children by vfork and posix_spawn are recorded, those without exec are not") {
  const RunResult result = Subject("children");
  CheckExact(result);
  CHECK(result.processes.size() == 101);
  CHECK(result.Count(EventCode::kExitReport) == 101);
}

TEST_CASE("Interposer: everything before a sudden end is recorded") {
  for (const char* how : {"kill", "segv", "abort", "_exit", "exit", "return", "quick_exit"}) {
    INFO(how);
    CheckExact(Workload({"die", how, "12345"}));
  }
}

TEST_CASE("Interposer: the end of a process reports its status, one by a signal does not") {
  for (const char* how : {"_exit", "exit", "return", "quick_exit"}) {
    INFO(how);
    const RunResult result = Workload({"die", how, "10"});
    REQUIRE(result.Count(EventCode::kExitReport) == 1);
    CHECK(result.Count(EventCode::kExitReportFaults) == 1);
    for (const SeenEvent& event : result.events) {
      if (event.code == EventCode::kExitReport) CHECK(event.payload == 3);
      if (event.code == EventCode::kExitReportFaults) CHECK(event.address > 500);  // KiB
    }
  }
  CHECK(Workload({"die", "kill", "10"}).Count(EventCode::kExitReport) == 0);
}

TEST_CASE("Interposer: every call of the workload with all forms is recorded") {
  CheckExact(Workload({"every_call", "100"}));
  CheckExact(Workload({"every_call", "100"}, Keep(16)), true);
}

TEST_CASE("Interposer: a ring that is full makes threads wait, and nothing is lost") {
  RunOptions options = Keep();
  options.channel.ring_records = 256;
  const RunResult result = Workload({"threads", "16", "5000"}, options);
  CheckExact(result);
  CHECK(result.totals.stalls > 0);
  CHECK(result.totals.stall_ns > 0);
}

TEST_CASE("Interposer: signal handlers between and inside the hooks lose nothing") {
  const RunResult result = Subject("storm");
  CheckExact(result);
}

TEST_CASE("Interposer: with stacks and a small ring signal handlers lose nothing") {
  RunOptions options = Keep(8);
  options.channel.ring_records = 256;
  CheckExact(Subject("storm", options), true);
}

TEST_CASE("Interposer: handlers whose stacks are shorter than the program's lose nothing") {
  CheckExact(Subject("storm_of_short_stacks", Keep(64)), true);
}

TEST_CASE("Interposer: handlers that jump out of the hooks do not stop the program") {
  RunOptions options = Keep();
  options.channel.ring_records = 256;
  const RunResult result = Subject("jumps", options);
  // What was interrupted is missing, at most one record a jump, and is counted.
  CHECK(result.totals.corrupt <= 500);
  const Truth truth = ParseTruth(result.output);
  const auto seen = OwnEvents(result, truth, false);
  CHECK(seen.at(1) == 20'000);
  CHECK(seen.at(5) == 20'000);
}

TEST_CASE("Interposer: after a handler has jumped out of a hook stacks are whole again") {
  RunOptions options = Keep(8);
  options.channel.ring_records = 256;
  const RunResult result = Subject("jumps", options);
  const Truth truth = ParseTruth(result.output);
  std::uint64_t whole = 0;
  for (const SeenEvent& event : result.events) {
    if (static_cast<int>(event.code) != 1) continue;
    const auto stack = result.stacks.find(event.payload);
    whole += stack != result.stacks.end() && stack->second.size() >= 2 &&
             truth.Contains(stack->second[0]);
  }
  CHECK(whole == 20'000);
}

TEST_CASE("Interposer: what destructors of thread-specific data free is recorded") {
  CheckExact(Subject("late_frees"));
}

TEST_CASE("Interposer: cancelled threads are recorded exactly") { CheckExact(Subject("cancel")); }

TEST_CASE("Interposer: processes forked while sixteen threads allocate are recorded exactly") {
  if (ForksAreSeen()) CheckExact(Subject("fork_among_threads"));
}

TEST_CASE("Interposer: under a limit of the address space the program works, losses are counted") {
  const RunResult result = Subject("address_space");
  const Truth truth = ParseTruth(result.output);
  const auto seen = OwnEvents(result, truth, false);
  const auto made = result.output.find("made ");
  REQUIRE(made != std::string::npos);
  const std::uint64_t pairs = std::stoull(result.output.substr(made + 5));
  const std::uint64_t recorded = seen.contains(1) ? seen.at(1) : 0;
  CHECK(recorded <= pairs);
  if (recorded < pairs) CHECK(result.totals.dropped >= pairs - recorded);
}

TEST_CASE("Interposer: stacks are as deep as asked and end where the thread's stack ends") {
  const RunResult result = Subject("stacks", Keep(16));
  CheckExact(result, true);
  std::size_t deepest = 0;
  for (const auto& [id, frames] : result.stacks) deepest = std::max(deepest, frames.size());
  CHECK(deepest == 16);
  // Depths beyond 16 frames look alike: the caller, its caller, and one function out of itself.
  const Truth truth = ParseTruth(result.output);
  std::size_t own = 0;
  std::size_t recursive = 0;
  for (const auto& [id, frames] : result.stacks) {
    if (!truth.Contains(frames.at(0))) continue;
    ++own;
    recursive +=
        frames.size() == 16 && std::count(frames.begin() + 2, frames.end(), frames[2]) == 14;
  }
  CHECK(recursive == 2);  // of malloc and of free
  CHECK(own >= 2 * 12);
  CHECK(own <= 2 * 22);
}

TEST_CASE("Interposer: one frame is the caller alone") {
  const RunResult result = Subject("stacks", Keep(1));
  CheckExact(result, true);
  for (const auto& [id, frames] : result.stacks) CHECK(frames.size() == 1);
}

TEST_CASE("Interposer: frame pointers that lead nowhere do no harm") {
  CheckExact(Subject("wild_frame_pointers", Keep(64)), true);
}

TEST_CASE("Interposer: the program's descriptors keep their numbers, and it may close them all") {
  CheckExact(Subject("descriptors"));
}

TEST_CASE("Interposer: dlopen looks where the caller's run path says, and bypasses are counted") {
  CHECK(Subject("dlopen").Count(EventCode::kNamespaceBypass) == 2);
}

TEST_CASE("Interposer: C++ that a C program takes in by dlopen can allocate and fail") {
  const RunResult result = Run({HEIMDALLR_C_HOST, HEIMDALLR_PLUGIN}, Keep());
  CHECK(result.status == 0);
  CHECK(result.Count(13) >= 102);  // 100, the one that throws, the nothrow one
  CHECK(result.Count(15) >= 100);
}

TEST_CASE("Interposer: memory of the program's own allocator comes from it and goes back to it") {
  for (const std::uint32_t depth : {0U, 8U}) {
    const RunResult result = Run({HEIMDALLR_OWN_ALLOCATOR_USER}, Keep(depth));
    INFO(result.output);
    CHECK(result.status == 0);
    const Truth truth = ParseTruth(result.output);
    const auto own = OwnEvents(result, truth, depth != 0);
    CHECK(own.at(13) == 1000);  // from the pool
    CHECK(own.at(15) == 2000);
    // The other thousand by the allocator's malloc, whose free is not told twice.
    std::map<std::uint64_t, int> live;
    for (const SeenEvent& event : result.events) {
      const int code = static_cast<int>(event.code);
      if (event.address == 0) continue;
      if (code == 1 || code == 13) CHECK(++live[event.address] == 1);
      const bool moved =
          event.code == EventCode::kReallocBegin || event.code == EventCode::kReallocarrayBegin;
      if (code == 5 || code == 15 || moved) --live[event.address];
    }
    CHECK(Has(result, 1, 1000, 1000));
  }
}

TEST_CASE("Interposer: a recorder that closes the channel lets the program finish") {
  RunOptions options = Keep();
  options.keep_events = false;
  options.before_poll = [](Channel& channel) {
    if (channel.totals().events < 10'000) return true;
    channel.Close();
    return false;
  };
  const RunResult result = Subject("long", options);
  CHECK(result.totals.dropped > 0);
}

TEST_CASE("Interposer: a recorder that pauses for longer than a dead one is waited for") {
  RunOptions options = Keep();
  options.keep_events = false;
  std::uint64_t paused_since = 0;
  options.before_poll = [&](Channel& channel) {
    if (channel.totals().events < 10'000) return true;
    if (paused_since == 0) paused_since = heimdallr::base::MonotonicNs();
    return heimdallr::base::MonotonicNs() - paused_since >
           heimdallr::channel::kRecorderDeadAfterNs + 1'500'000'000;
  };
  const RunResult result = Subject("long", options);
  CHECK(result.totals.dropped == 0);
  CHECK(result.Count(1) >= 1'200'000);
  CHECK(result.Count(5) >= 1'200'000);
  CHECK(result.totals.stall_ns > heimdallr::channel::kRecorderDeadAfterNs);
}

TEST_CASE("Interposer: a recorder that cannot be seen and stops reading is waited for in vain") {
  RunOptions options = Keep();
  options.keep_events = false;
  options.recorder_pid = 0x7fff'ffff;  // beyond what the kernel gives
  options.before_poll = [](Channel& channel) { return channel.totals().events < 10'000; };
  const RunResult result = Subject("long", options);
  CHECK(result.totals.stalls > 0);
  CHECK(result.totals.stall_ns > heimdallr::channel::kRecorderDeadAfterNs);
  CHECK(result.totals.dropped > 0);
}

TEST_CASE("Interposer: a recorder that is killed does not stop the program") {
  if (!heimdallr::test::InstalledProgramsAreNative()) return;
  // The recorder is a process of its own, killed in the middle; its program says how it ended.
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t recorder = fork();
  if (recorder == 0) {
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    RunOptions options;
    options.before_poll = [](Channel& channel) {
      if (channel.totals().events >= 10'000) kill(getpid(), SIGKILL);
      return true;
    };
    Run({"sh", "-c", "'" HEIMDALLR_SUBJECT "' long >/dev/null; echo $? >&2"}, options);
    _exit(0);
  }
  close(ends[1]);
  // Nobody has waited for it yet: while its program ends, it is a zombie.
  char answer[8] = {};
  CHECK(read(ends[0], answer, sizeof(answer) - 1) == 2);
  CHECK(std::string(answer) == "0\n");
  int status = 0;
  REQUIRE(waitpid(recorder, &status, 0) == recorder);
  CHECK(WIFSIGNALED(status));
  close(ends[0]);
}

TEST_CASE("Interposer: a thread that is taken for dead goes on in another ring") {
  for (const std::uint32_t stack_depth : {0U, 8U}) {
    RunOptions options = Keep(stack_depth);
    options.keep_events = false;
    options.channel.ring_records = 256;
    int rounds = 0;
    struct : heimdallr::channel::EventSink {
      void OnEvents(const heimdallr::channel::RingOwner&,
                    std::span<const heimdallr::channel::EventRecord>) override {}
      void OnOwnerGone(const heimdallr::channel::RingOwner&) override {}
    } nobody;
    options.before_poll = [&](Channel& channel) {
      if (++rounds % 50 == 0)
        channel.Reap(nobody, [](std::int32_t, std::int32_t) { return false; });
      return true;
    };
    const RunResult result = Subject("long", options);
    CHECK(result.totals.owners > 4);
    CHECK(result.totals.events > 100'000);
  }
}

TEST_CASE("Interposer: without a channel, or with a bad one, programs run as they are") {
  for (const char* path : {"", "/nonexistent", "/dev/null", "/etc/passwd", "/proc/self/exe"}) {
    RunOptions options = Keep();
    options.environment = {std::string("HEIMDALLR_CHANNEL=") + path};
    const RunResult result = Subject("forms", options);
    CHECK(result.totals.events == 0);
  }
}
