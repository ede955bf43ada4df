#include "synthetic_kernel.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "spe_bytes.h"

namespace heimdallr::synthetic {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCounterStart = 77'000'000'000;
// Of the perf clock, which is no other clock's time and runs by a rate of its own, 3 in 10^5 off.
constexpr std::uint64_t kTimeZero = 5'000'000'000'000;
constexpr std::uint16_t kShift = 30;
constexpr std::uint32_t kMult = 511'320'970;  // 2^30 / 2.1, and 3 in 10^5 more

// perf_event_open(2), time_zero.
std::uint64_t PerfClockAt(std::uint64_t monotonic_ns) {
  const std::uint64_t cycles = CounterAt(monotonic_ns);
  const std::uint64_t rest = cycles & ((std::uint64_t{1} << kShift) - 1);
  return kTimeZero + (cycles >> kShift) * kMult + (rest * kMult >> kShift);
}

base::UniqueFd SharedMemory(std::size_t bytes) {
  base::UniqueFd fd(memfd_create("synthetic ring", MFD_CLOEXEC));
  if (!fd.valid() || ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) std::abort();
  return fd;
}

base::MappedRegion MapAll(int fd, std::size_t bytes) {
  return base::MappedRegion::Map(fd, bytes, 0, base::MapAccess::kReadWrite, "synthetic ring")
      .value();
}

}  // namespace

std::uint64_t CounterAt(std::uint64_t monotonic_ns) {
  return kCounterStart + monotonic_ns * 21 / 10;
}

// A ring as the kernel sees it: the same memory, mapped once more.
struct SyntheticKernel::Ring {
  base::UniqueFd fd;
  base::MappedRegion memory;
  std::span<std::byte> data;
  base::UniqueFd aux_fd;
  base::MappedRegion aux;
  std::uint64_t lost = 0;  // since the last record that found room

  [[nodiscard]] perf_event_mmap_page& control() const {
    return *reinterpret_cast<perf_event_mmap_page*>(memory.data());
  }

  [[nodiscard]] std::uint64_t Room() const {
    const std::uint64_t tail = std::atomic_ref(control().data_tail).load(std::memory_order_acquire);
    return data.size() - (control().data_head - tail);
  }

  void Put(const Bytes& bytes) {
    std::uint64_t head = control().data_head;
    for (const std::byte b : bytes) data[head++ & (data.size() - 1)] = b;
    std::atomic_ref(control().data_head).store(head, std::memory_order_release);
  }
};

struct SyntheticKernel::Event {
  perf_event_attr attributes{};
  std::uint64_t id = 0;
  pid_t pid = 0;
  std::uint32_t cpu = 0;
  bool enabled = false;
  Event* leader = nullptr;
  Event* output = nullptr;  // whose ring it writes into; null = its own
  std::optional<Ring> ring;
  std::uint64_t lost = 0;
  // Of SPE: what the processor has written and not told of yet.
  std::uint64_t aux_told = 0;
  std::uint64_t aux_flags = 0;
  int thread = 0;

  [[nodiscard]] Event& owner() { return output == nullptr ? *this : *output; }
};

SyntheticKernel::SyntheticKernel(PlayedMachine played) : played_(std::move(played)) {
  std::string root = (fs::temp_directory_path() / "heimdallr-synthetic-XXXXXX").string();
  if (mkdtemp(root.data()) == nullptr) std::abort();
  sys_root_ = root;
  fs::create_directory_symlink(fs::path(HEIMDALLR_TEST_DATA) / "sysfs" / played_.fixture / "bus",
                               sys_root_ / "bus");
  fs::create_directories(sys_root_ / "devices/system/cpu");
  std::ofstream(sys_root_ / "devices/system/cpu/online") << played_.online << "\n";

  perf::System& system = machine_.system;
  system.sys_root = root;
  system.open_event = [this](perf_event_attr& attributes, pid_t pid, int cpu, int group,
                             unsigned long) { return Open(attributes, pid, cpu, group); };
  system.control = [this](int fd, unsigned long request, std::uintptr_t argument) {
    return Control(fd, request, argument);
  };
  system.read_count = [this](int fd, std::span<std::uint64_t> words) {
    return ReadCount(fd, words);
  };
  system.map = [this](int fd, std::size_t bytes, std::uint64_t offset, std::string_view what) {
    return Map(fd, bytes, offset, what);
  };
  machine_.sample_clocks = [] {
    const std::uint64_t now = base::MonotonicNs();
    return channel::ClockPair{.ticks = CounterAt(now), .monotonic_ns = now};
  };
  machine_.origin = TraceOrigin::kSynthetic;
}

SyntheticKernel::~SyntheticKernel() {
  std::error_code ignored;
  fs::remove_all(sys_root_, ignored);
}

// ---- Calls of the recorder ----

int SyntheticKernel::Open(perf_event_attr& attributes, pid_t pid, int cpu, int group) {
  const std::lock_guard lock(mutex_);
  Event* const leader = group < 0 ? nullptr : Find(group);
  if (group >= 0 && leader == nullptr) return -EBADF;
  const OpenCall call{.attributes = attributes,
                      .pid = pid,
                      .cpu = cpu,
                      .leader = leader == nullptr ? nullptr : &leader->attributes};
  if (older_kernel) {
    if (const int error = older_kernel(attributes)) return -error;
  }
  if (const int error = played_.refusal(call)) return -error;
  // Members of a group are of one task, CPU and clock.
  if (leader != nullptr && (leader->pid != pid || leader->cpu != static_cast<std::uint32_t>(cpu) ||
                            leader->attributes.use_clockid != attributes.use_clockid ||
                            leader->attributes.inherit != attributes.inherit)) {
    return -EINVAL;
  }
  // A descriptor that can be waited for; it never becomes readable.
  const int fd = eventfd(0, EFD_CLOEXEC);
  auto event = std::make_unique<Event>();
  event->attributes = attributes;
  event->id = next_id_++;
  event->pid = pid;
  event->cpu = static_cast<std::uint32_t>(cpu);
  event->enabled = attributes.disabled == 0 || attributes.enable_on_exec != 0;
  event->leader = leader;
  events_[fd] = std::move(event);
  opened_.push_back(call);
  opened_.back().leader = nullptr;  // it may not live as long
  return fd;
}

int SyntheticKernel::Control(int fd, unsigned long request, std::uintptr_t argument) {
  const std::lock_guard lock(mutex_);
  Event* const event = Find(fd);
  if (event == nullptr) return -ENOTTY;
  switch (request) {
    case PERF_EVENT_IOC_ID:
      *reinterpret_cast<std::uint64_t*>(argument) = event->id;
      return 0;
    case PERF_EVENT_IOC_ENABLE:
      event->enabled = true;
      return 0;
    case PERF_EVENT_IOC_DISABLE:
      event->enabled = false;
      if (played_.is_spe) FlushSpe(*event, base::MonotonicNs());
      return 0;
    case PERF_EVENT_IOC_SET_OUTPUT: {
      // perf_event_set_output: same CPU and clock; a mapped event keeps its ring.
      Event* const other = Find(static_cast<int>(argument));
      if (other == nullptr || !other->ring || event->ring || other->cpu != event->cpu ||
          other->attributes.use_clockid != event->attributes.use_clockid) {
        return -EINVAL;
      }
      if (other->ring->aux.size() != 0 && other->attributes.type != event->attributes.type) {
        return -EINVAL;
      }
      event->output = other;
      return 0;
    }
    default:
      return -ENOTTY;
  }
}

std::ptrdiff_t SyntheticKernel::ReadCount(int fd, std::span<std::uint64_t> words) {
  constexpr std::uint64_t kEnabledNs = 1'000'000;
  const std::lock_guard lock(mutex_);
  const Event* const event = Find(fd);
  if (event == nullptr) return -EBADF;
  const std::uint64_t format = event->attributes.read_format;
  std::size_t count = 0;
  words[count++] = 0;
  if ((format & PERF_FORMAT_TOTAL_TIME_ENABLED) != 0) words[count++] = kEnabledNs;
  if ((format & PERF_FORMAT_TOTAL_TIME_RUNNING) != 0) {
    // The program is on the first CPU all the time.
    words[count++] = event->cpu != 0 ? 0 : kEnabledNs / (played_.multiplexes ? 2 : 1);
  }
  if ((format & PERF_FORMAT_ID) != 0) words[count++] = event->id;
  if ((format & PERF_FORMAT_LOST) != 0) words[count++] = event->lost;
  return static_cast<std::ptrdiff_t>(count * sizeof(std::uint64_t));
}

absl::StatusOr<base::MappedRegion> SyntheticKernel::Map(int fd, std::size_t bytes,
                                                        std::uint64_t offset,
                                                        std::string_view what) {
  const std::lock_guard lock(mutex_);
  Event* const event = Find(fd);
  if (event == nullptr || event->output != nullptr)
    return absl::InvalidArgumentError(std::string(what));
  if (offset != 0) {
    // perf_mmap: the place and size that the control page was told before.
    Ring& ring = *event->ring;
    if (!played_.is_spe || ring.control().aux_offset != offset ||
        ring.control().aux_size != bytes) {
      return absl::InvalidArgumentError(std::string(what));
    }
    ring.aux_fd = SharedMemory(bytes);
    ring.aux = MapAll(ring.aux_fd.get(), bytes);
    return base::MappedRegion::Map(ring.aux_fd.get(), bytes, 0, base::MapAccess::kReadWrite, what);
  }
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  Ring ring{.fd = SharedMemory(bytes)};
  ring.memory = MapAll(ring.fd.get(), bytes);
  ring.data = ring.memory.bytes().subspan(page);
  perf_event_mmap_page& control = ring.control();
  control.data_offset = page;
  control.data_size = ring.data.size();
  // arch_perf_update_userpage of x86: only for events of the kernel's own clock.
  if (played_.tells_clock && event->attributes.use_clockid == 0) {
    control.cap_user_time_zero = 1;
    control.time_zero = kTimeZero;
    control.time_mult = kMult;
    control.time_shift = kShift;
  }
  event->ring = std::move(ring);
  return base::MappedRegion::Map(event->ring->fd.get(), bytes, 0, base::MapAccess::kReadWrite,
                                 what);
}

// ---- What happens to the program ----

SyntheticKernel::Event* SyntheticKernel::Find(int fd) {
  const auto found = events_.find(fd);
  return found == events_.end() ? nullptr : found->second.get();
}

SyntheticKernel::Event* SyntheticKernel::MetadataOn(std::uint32_t cpu) {
  for (const auto& [fd, event] : events_) {
    if (event->cpu == cpu && event->attributes.comm_exec != 0) return event.get();
  }
  return nullptr;
}

std::int32_t SyntheticKernel::TidOf(std::int32_t pid, int thread) {
  constexpr std::int32_t kHighestPid = 4'194'304;  // of Linux: no real task has a higher one
  return thread == 0 ? pid : kHighestPid + thread;
}

std::int32_t SyntheticKernel::pid() const {
  const std::lock_guard lock(mutex_);
  return events_.begin()->second->pid;
}

bool SyntheticKernel::IsOn(const Event& event) const {
  return event.enabled && (event.leader == nullptr || event.leader->enabled);
}

Moment SyntheticKernel::MomentOf(const Event& event, std::uint64_t monotonic_ns, int thread) const {
  constexpr std::int32_t kInit = 1;  // of another program
  const std::int32_t program = events_.begin()->second->pid;
  const std::int32_t pid = thread < 0 ? kInit : program;
  return {.time = event.attributes.use_clockid != 0 ? monotonic_ns : PerfClockAt(monotonic_ns),
          .pid = pid,
          .tid = thread < 0 ? kInit : TidOf(program, thread),
          .cpu = event.cpu,
          .id = event.id};
}

// perf_output_begin: a record that finds no room is counted, and told of before the next that does.
void SyntheticKernel::WriteRecord(Event& event, const Bytes& bytes, std::uint64_t now) {
  Ring& ring = *event.owner().ring;
  constexpr std::size_t kLostBytes = 64;  // with everything sample_id_all adds
  if (ring.Room() < bytes.size() + kLostBytes) {
    ++ring.lost;
    ++event.lost;
    ++lost_;
    perf_event_header header{};
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.type == PERF_RECORD_SAMPLE) ++lost_samples_;
    return;
  }
  if (ring.lost != 0) {
    ring.Put(WordsBytes(PERF_RECORD_LOST, event.attributes, MomentOf(event, now, 0),
                        {event.id, std::exchange(ring.lost, 0)}));
  }
  ring.Put(bytes);
}

// Without the lock: the recorder may have to call before it reads.
void SyntheticKernel::WaitForRoom(std::uint32_t cpu) {
  const auto is_full = [&] {
    const std::lock_guard lock(mutex_);
    const Ring& ring = *MetadataOn(cpu)->ring;
    return ring.Room() < ring.data.size() / 2;
  };
  while (is_full()) std::this_thread::yield();
}

void SyntheticKernel::Begin(std::uint64_t heap, std::uint64_t heap_bytes) {
  const std::lock_guard lock(mutex_);
  Event& event = *MetadataOn(0);
  const std::uint64_t now = base::MonotonicNs();
  const Moment moment = MomentOf(event, now, 0);
  const auto& attributes = event.attributes;
  const auto put = [&](const Bytes& bytes) { WriteRecord(event, bytes, now); };
  put(CommBytes(attributes, moment, true, "played"));
  put(Mmap2Bytes(attributes, moment,
                 {.address = heap,
                  .size = heap_bytes,
                  .protection = PROT_READ | PROT_WRITE,
                  .name = "[heap]"}));
  put(TaskBytes(PERF_RECORD_FORK, attributes, MomentOf(event, now, 1), moment.pid));
}

void SyntheticKernel::MapCode(std::uint64_t address, std::uint64_t size, std::uint64_t offset,
                              std::string_view path) {
  const std::lock_guard lock(mutex_);
  Event& event = *MetadataOn(0);
  const std::uint64_t now = base::MonotonicNs();
  WriteRecord(event,
              Mmap2Bytes(event.attributes, MomentOf(event, now, 0),
                         {.address = address,
                          .size = size,
                          .offset = offset,
                          .protection = PROT_READ | PROT_EXEC,
                          .name = path}),
              now);
}

std::uint64_t SyntheticKernel::Execute(const Operation& operation, WhenFull when_full) {
  if (when_full == WhenFull::kWait) WaitForRoom(operation.cpu);
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = base::MonotonicNs();
  for (const auto& [fd, event] : events_) {
    if (event->cpu != operation.cpu || !IsOn(*event)) continue;
    if (!played_.samples(event->attributes, operation)) continue;
    if (played_.is_spe) {
      return ExecuteSpe(*event, operation, now);
    }
    WriteRecord(*event,
                SampleBytes(event->attributes, MomentOf(*event, now, operation.thread),
                            {.ip = operation.ip,
                             .address = operation.address,
                             .period = event->attributes.sample_period,
                             .data_source = operation.data_source,
                             .latency = operation.latency_cycles,
                             .registers = operation.registers,
                             .interrupt_registers = operation.interrupt_registers,
                             .registers_abi = operation.registers_abi}),
                now);
  }
  return now;
}

void SyntheticKernel::Write(std::uint32_t type, std::uint32_t cpu,
                            const std::vector<std::uint64_t>& words) {
  const std::lock_guard lock(mutex_);
  Event& event = *MetadataOn(cpu);
  const std::uint64_t now = base::MonotonicNs();
  WriteRecord(event, WordsBytes(type, event.attributes, MomentOf(event, now, 0), words), now);
}

void SyntheticKernel::WriteRaw(std::uint32_t cpu, const Bytes& bytes) {
  const std::lock_guard lock(mutex_);
  MetadataOn(cpu)->ring->Put(bytes);
}

// ---- ARM: the processor writes by itself, the kernel tells of it ----

std::uint64_t SyntheticKernel::ExecuteSpe(Event& event, const Operation& operation,
                                          std::uint64_t now) {
  Event& owner = event.owner();
  if (owner.thread != operation.thread) {
    SwitchSpe(owner, operation.thread, now);
    now = base::MonotonicNs();
  }
  Ring& ring = *owner.ring;
  const Bytes bytes =
      SpeBytes({.operation = operation.kind == Operation::Kind::kStore ? SpeOperation::kStore
                                                                       : SpeOperation::kLoad,
                .ip = operation.ip,
                .address = operation.address,
                .events = operation.spe_events,
                .latency = operation.latency_cycles,
                .timestamp = CounterAt(now)});
  std::uint64_t head = ring.control().aux_head;
  for (const std::byte b : bytes) ring.aux.bytes()[head++ & (ring.aux.size() - 1)] = b;
  std::atomic_ref(ring.control().aux_head).store(head, std::memory_order_release);
  // The interrupt comes when half of the area is full.
  if (head - owner.aux_told >= ring.aux.size() / 2) FlushSpe(owner, now);
  return now;
}

void SyntheticKernel::SwitchSpe(Event& owner, int thread, std::uint64_t now) {
  if (!played_.swaps_contexts) FlushSpe(owner, now);
  const auto tell = [&](std::uint16_t misc, int whose) {
    if (owner.attributes.context_switch == 0) return;
    WriteRecord(owner, SwitchBytes(owner.attributes, MomentOf(owner, now, whose), misc), now);
  };
  tell(PERF_RECORD_MISC_SWITCH_OUT, owner.thread);
  tell(0, thread);
  owner.thread = thread;
  // Some time passes until the next thread's first sample.
  constexpr std::uint64_t kSwitchNs = 1000;
  while (base::MonotonicNs() < now + kSwitchNs) {
  }
}

void SyntheticKernel::FlushSpe(Event& event, std::uint64_t now) {
  Event& owner = event.owner();
  if (!owner.ring || owner.ring->aux.size() == 0) return;
  const std::uint64_t head = owner.ring->control().aux_head;
  if (head == owner.aux_told && owner.aux_flags == 0) return;
  // perf_aux_output_end: without room the event is switched off.
  const bool truncated = (owner.aux_flags & PERF_AUX_FLAG_TRUNCATED) != 0;
  const Moment moment = MomentOf(owner, now, owner.thread);
  WriteRecord(
      owner,
      WordsBytes(PERF_RECORD_AUX, owner.attributes, moment,
                 {owner.aux_told, head - owner.aux_told, std::exchange(owner.aux_flags, 0)}),
      now);
  owner.aux_told = head;
  if (truncated) {
    for (const auto& [fd, other] : events_) {
      if (&other->owner() == &owner) other->enabled = false;
    }
  }
}

void SyntheticKernel::Disturb(std::uint32_t cpu, std::uint64_t aux_flags) {
  const std::lock_guard lock(mutex_);
  for (const auto& [fd, event] : events_) {
    if (event->cpu == cpu && event->ring && event->ring->aux.size() != 0) {
      event->aux_flags |= aux_flags;
    }
  }
}

void SyntheticKernel::Interrupt(std::uint32_t cpu) {
  const std::lock_guard lock(mutex_);
  for (const auto& [fd, event] : events_) {
    if (event->cpu == cpu) FlushSpe(*event, base::MonotonicNs());
  }
}

void SyntheticKernel::WaitUntilOn(std::uint32_t cpu) {
  const auto is_off = [&] {
    const std::lock_guard lock(mutex_);
    return std::any_of(events_.begin(), events_.end(), [cpu](const auto& entry) {
      return entry.second->cpu == cpu && !entry.second->enabled;
    });
  };
  while (is_off()) std::this_thread::yield();
}

void SyntheticKernel::End() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now = base::MonotonicNs();
  for (const auto& [fd, event] : events_) FlushSpe(*event, now);
  Event& event = *MetadataOn(0);
  const Moment moment = MomentOf(event, now, 1);
  WriteRecord(event, TaskBytes(PERF_RECORD_EXIT, event.attributes, moment, moment.pid), now);
}

}  // namespace heimdallr::synthetic
