// The whole path with the running kernel: children of this test are sampled without privilege.
#if defined(__x86_64__)
#include <asm/perf_regs.h>
#endif
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "perf/decode.h"
#include "perf/open.h"
#include "perf/ring.h"

#if defined(__x86_64__)
// Fills every register with a constant of its own and spins for ever.
asm(R"(
.text
.globl heimdallr_test_spin, heimdallr_test_spin_loop, heimdallr_test_spin_end
heimdallr_test_spin:
  movabs $0x1000000000000a00, %rax
  movabs $0x1000000000000b01, %rbx
  movabs $0x1000000000000c02, %rcx
  movabs $0x1000000000000d03, %rdx
  movabs $0x1000000000000e04, %rsi
  movabs $0x1000000000000f05, %rdi
  movabs $0x1000000000001006, %rbp
  movabs $0x1000000000001107, %rsp
  movabs $0x1000000000001208, %r8
  movabs $0x1000000000001309, %r9
  movabs $0x100000000000140a, %r10
  movabs $0x100000000000150b, %r11
  movabs $0x100000000000160c, %r12
  movabs $0x100000000000170d, %r13
  movabs $0x100000000000180e, %r14
  movabs $0x100000000000190f, %r15
heimdallr_test_spin_loop:
  pause
  jmp heimdallr_test_spin_loop
heimdallr_test_spin_end:
)");
extern "C" void heimdallr_test_spin();
extern "C" const char heimdallr_test_spin_loop[];
extern "C" const char heimdallr_test_spin_end[];
#else
extern "C" [[noreturn]] void heimdallr_test_spin() {
  for (;;) asm volatile("");
}
#endif

namespace heimdallr::perf {
namespace {

/// A child that waits, runs `body` once released, and is killed at the end of the test.
class HeldChild {
 public:
  explicit HeldChild(const std::function<void()>& body) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[1]);
      char released = 0;
      if (read(ends[0], &released, 1) == 1) body();
      _exit(0);
    }
    close(ends[0]);
    release_ = base::UniqueFd(ends[1]);
  }
  HeldChild(const HeldChild&) = delete;
  HeldChild& operator=(const HeldChild&) = delete;
  ~HeldChild() { Kill(); }

  void Release() const { REQUIRE(write(release_.get(), "x", 1) == 1); }
  void Wait() {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void Kill() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    Wait();
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  base::UniqueFd release_;
};

/// One clock event with its ring on each CPU, and the metadata in the same rings.
struct Session {
  std::vector<Event> events;
  std::vector<PerfRing> rings;
  Decoder decoder;
  std::vector<KernelRecord> records;

  absl::Status Add(EventDescription description, pid_t pid, std::size_t ring_bytes) {
    description.enable_on_exec = false;
    const auto cpus = OnlineCpus(RealSystem());
    if (!cpus.ok()) return cpus.status();
    const bool first = rings.empty();
    for (std::size_t i = 0; i < cpus->size(); ++i) {
      auto event = Event::Open(description, {pid, (*cpus)[i]});
      if (!event.ok()) return event.status();
      decoder.Add(event->id(), LayoutOf(event->description()));
      if (first) {
        auto ring = PerfRing::Map(event->fd(), ring_bytes, "perf ring");
        if (!ring.ok()) return ring.status();
        rings.push_back(*std::move(ring));
      } else if (auto status = event->RedirectTo(events[i]); !status.ok()) {
        return status;
      }
      events.push_back(*std::move(event));
    }
    return absl::OkStatus();
  }

  void EnableAll() {
    for (auto& event : events) REQUIRE(event.Enable().ok());
  }
  void DisableAll() {
    for (auto& event : events) REQUIRE(event.Disable().ok());
  }

  void Drain() {
    for (auto& ring : rings) {
      while (true) {
        auto raw = ring.Peek();
        REQUIRE(raw.ok());
        if (!raw->has_value()) break;
        auto record = decoder.Decode(**raw);
        REQUIRE(record.ok());
        ring.Consume();
        records.push_back(*std::move(record));
      }
    }
  }

  template <typename T>
  std::vector<T> Of() const {
    std::vector<T> found;
    for (const auto& record : records) {
      if (const auto* r = std::get_if<T>(&record)) found.push_back(*r);
    }
    return found;
  }

  [[nodiscard]] std::uint64_t LostByReadOut() const {
    std::uint64_t lost = 0;
    for (const auto& event : events) {
      const auto count = event.ReadCount();
      REQUIRE(count.ok());
      lost += count->lost;
    }
    return lost;
  }
  [[nodiscard]] std::uint64_t LostByRecords() const {
    std::uint64_t lost = 0;
    for (const auto& record : Of<LostRecord>()) lost += record.count;
    return lost;
  }
};

/// True, with the reason printed, when this machine does not let the test sample.
bool Skipped(const absl::Status& status) {
  if (status.ok()) return false;
  WARN("SKIPPED: " << status.ToString());
  return true;
}

EventDescription ClockEvery(std::uint64_t period_ns) {
  return CpuClockEvent({SamplingRate::Unit::kPeriod, period_ns});
}

/// Waits for `done` while the kernel works, at most some seconds.
bool Await(const std::function<bool()>& done) {
  const std::uint64_t deadline = base::MonotonicNs() + 20'000'000'000;
  while (!done()) {
    if (base::MonotonicNs() > deadline) return false;
    sched_yield();
  }
  return true;
}

/// Keeps the calling process on the CPU it is on.
void StayOnThisCpu() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &set);
  sched_setaffinity(0, sizeof(set), &set);
}

}  // namespace

#if defined(__x86_64__)
TEST_CASE("Live: ticks of a spinning child carry its registers and the time") {
  HeldChild child(heimdallr_test_spin);
  Session session;
  if (Skipped(session.Add(ClockEvery(500'000), child.pid(), 256 << 10))) return;
  const std::uint64_t begin = base::MonotonicNs();
  session.EnableAll();
  child.Release();

  const auto loop = reinterpret_cast<std::uint64_t>(heimdallr_test_spin_loop);
  const auto end = reinterpret_cast<std::uint64_t>(heimdallr_test_spin_end);
  std::vector<SampleRecord> ticks;
  REQUIRE(Await([&] {
    session.records.clear();
    session.Drain();
    for (auto& sample : session.Of<SampleRecord>()) {
      if (sample.ip >= loop && sample.ip < end) ticks.push_back(sample);
    }
    return ticks.size() >= 100;
  }));
  const std::uint64_t finish = base::MonotonicNs();
  const pid_t pid = child.pid();
  child.Kill();

  constexpr unsigned kOrder[] = {
      PERF_REG_X86_AX,  PERF_REG_X86_BX,  PERF_REG_X86_CX,  PERF_REG_X86_DX,
      PERF_REG_X86_SI,  PERF_REG_X86_DI,  PERF_REG_X86_BP,  PERF_REG_X86_SP,
      PERF_REG_X86_R8,  PERF_REG_X86_R9,  PERF_REG_X86_R10, PERF_REG_X86_R11,
      PERF_REG_X86_R12, PERF_REG_X86_R13, PERF_REG_X86_R14, PERF_REG_X86_R15};
  for (const auto& tick : ticks) {
    CHECK(tick.origin.pid == pid);
    CHECK(tick.origin.tid == pid);
    CHECK(tick.origin.time_ns > begin);
    CHECK(tick.origin.time_ns < finish);
    CHECK(tick.period == 500'000);
    CHECK(tick.user_mode);
    CHECK(tick.user_registers.abi == PERF_SAMPLE_REGS_ABI_64);
    CHECK(tick.user_registers.Get(PERF_REG_X86_IP) == tick.ip);
    for (std::uint64_t i = 0; i < 16; ++i) {
      CHECK(tick.user_registers.Get(kOrder[i]) == 0x1000000000000a00 + i * 0x101);
    }
  }
}
#endif

TEST_CASE("Live: fork, exit, exec and mappings of a child are seen in order of time") {
  HeldChild child([] {
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(0);
    waitpid(grandchild, nullptr, 0);
    execl("/bin/true", "true", nullptr);
  });
  Session session;
  if (Skipped(session.Add(ClockEvery(10'000'000), child.pid(), 256 << 10))) return;
  REQUIRE(session.Add(MetadataEvent(), child.pid(), 0).ok());
  session.EnableAll();
  child.Release();
  const pid_t pid = child.pid();
  child.Wait();
  session.Drain();
  std::stable_sort(session.records.begin(), session.records.end(),
                   [](auto& a, auto& b) { return OriginOf(a).time_ns < OriginOf(b).time_ns; });

  const auto forks = session.Of<ForkRecord>();
  REQUIRE(forks.size() == 1);
  CHECK(forks[0].parent_pid == pid);
  CHECK(forks[0].pid != pid);
  CHECK(forks[0].pid == forks[0].tid);

  const auto exits = session.Of<ExitRecord>();
  REQUIRE(exits.size() == 2);
  CHECK(exits[0].pid == forks[0].pid);
  CHECK(exits[1].pid == pid);

  const auto names = session.Of<CommRecord>();
  REQUIRE(!names.empty());
  CHECK(names.back().name == "true");
  CHECK(names.back().exec);
  CHECK(names.back().pid == pid);

  bool code = false;
  bool data = false;
  for (const auto& mapping : session.Of<MmapRecord>()) {
    if (!mapping.path.ends_with("/true")) continue;
    code = code || (mapping.protection & 4U) != 0;
    data = data || (mapping.protection & 4U) == 0;
    CHECK(mapping.origin.time_ns > exits[0].origin.time_ns);
  }
  CHECK(code);
  CHECK(data);
}

TEST_CASE("Live: what a full ring loses is the same by record and by read-out") {
  HeldChild child([] {
    StayOnThisCpu();
    heimdallr_test_spin();
  });
  Session session;
  if (Skipped(session.Add(ClockEvery(200'000), child.pid(), PerfRing::kMinDataBytes))) return;
  for (const auto concession : session.events[0].concessions()) {
    if (concession == Concession::kReadLost) {
      WARN("SKIPPED: this kernel does not count losses by event");
      return;
    }
  }
  session.EnableAll();
  child.Release();
  REQUIRE(Await([&] { return session.LostByReadOut() > 50; }));
  // The kernel writes the LOST record once there is room again.
  REQUIRE(Await([&] {
    session.Drain();
    return session.LostByRecords() > 0;
  }));
  session.DisableAll();
  session.Drain();
  CHECK(session.LostByRecords() == session.LostByReadOut());
}

TEST_CASE("Live: the address of a page fault is the one touched") {
  static std::vector<char> memory(std::size_t{64} << 12);
  HeldChild child([] {
    for (std::size_t i = 0; i < memory.size(); i += 4096) memory[i] = 1;
  });
  Session session;
  if (Skipped(session.Add(PageFaultEvent(), child.pid(), 256 << 10))) return;
  session.EnableAll();
  child.Release();
  child.Wait();
  session.Drain();
  const auto begin = reinterpret_cast<std::uint64_t>(memory.data());
  std::map<std::uint64_t, int> touched;
  for (const auto& fault : session.Of<SampleRecord>()) {
    if (fault.address >= begin && fault.address < begin + memory.size()) ++touched[fault.address];
  }
  // Copy on write: the parent has touched every page, so the child's first write to each faults.
  CHECK(touched.size() == 64);
  for (const auto& [address, count] : touched) CHECK((address - begin) % 4096 == 0);
}

}  // namespace heimdallr::perf
