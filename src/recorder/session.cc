#include "recorder/session.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "process/process_statistics.h"
#include "process/threads.h"

namespace heimdallr::recorder {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMillisecond = 1'000'000;

// Blocks are flushed this often at least (proto/README.md, rounds).
constexpr std::uint64_t kRoundNs = kSecond;
constexpr std::uint64_t kReapNs = kSecond / 4;
// How late an event may be published after its stamp without counting as late in the trace.
constexpr std::uint64_t kPublishSlackNs = 50 * kMillisecond;
// And a sample that the processor holds back: until the flush of the round before.
constexpr std::uint64_t kFlushSlackNs = 2 * kRoundNs;

// Between drains. The shortest is a fraction of what fills a ring of the default size at the
// highest rate seen (20 M events/s: 0.8 ms); the longest bounds how old code may be when it is
// read.
constexpr std::uint64_t kShortestWaitNs = kMillisecond / 4;
constexpr std::uint64_t kLongestWaitNs = 4 * kMillisecond;
constexpr std::uint64_t kNoChannelWaitNs = 100 * kMillisecond;
// A drain that moved this many events is followed by the next at once.
constexpr std::uint64_t kBusyEvents = 2048;

// After the target has ended, others that still run may go on allocating: stop following them.
constexpr std::uint64_t kLastDrainNs = kSecond / 5;

// Reading debug information of a large program takes seconds; nobody should wait for longer.
constexpr std::uint64_t kLongestNamingNs = 30 * kSecond;

std::uint64_t TimevalNs(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * kSecond +
         static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

bool ThreadIsAlive(std::int32_t pid, std::int32_t tid) {
  if (syscall(SYS_tgkill, pid, tid, 0) != 0 && errno == ESRCH) return false;
  if (pid != tid) return true;
  // A process that waits for its parent to take notice still takes signals.
  const auto statistics = process::ReadProcessStatistics(pid);
  return statistics && statistics->state != 'Z' && statistics->state != 'X';
}

// The first thread of a process may have ended before the others do.
bool ProcessIsAlive(std::int32_t pid) {
  if (ThreadIsAlive(pid, pid)) return true;
  const auto threads = process::ThreadsOf(pid);
  return threads.ok() && threads->size() > 1;
}

}  // namespace

Session::Session(SessionParts parts)
    : parts_(std::move(parts)),
      processes_(parts_.writer, losses_, spaces_,
                 parts_.channel ? ProcessTracker::Interposer::kExpected
                                : ProcessTracker::Interposer::kNotExpected,
                 parts_.sampler.has_metadata() ? ProcessTracker::KernelReports::kYes
                                               : ProcessTracker::KernelReports::kNo),
      symbols_(spaces_),
      kernel_(
          {parts_.writer, processes_, losses_, spaces_, symbols_, thread_pointers_, parts_.sampler},
          parts_.start_ns),
      allocations_({parts_.writer, processes_, losses_, symbols_, thread_pointers_, parts_.clock},
                   parts_.tags, parts_.start_ns),
      rate_(parts_.sampler, parts_.writer, parts_.max_overhead),
      wait_ns_(parts_.channel ? kShortestWaitNs : kNoChannelWaitNs) {}

absl::Status Session::Prepare() {
  epoll_ = base::UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.valid()) return base::SyscallError(errno, "cannot wait for events");
  std::vector<int> fds = parts_.sampler.wakeup_fds();
  fds.push_back(parts_.signals.fd());
  for (const int fd : fds) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return base::SyscallError(errno, "cannot wait for events");
    }
  }
  released_ns_ = base::MonotonicNs();
  previous_drain_ns_ = released_ns_;
  next_round_ns_ = released_ns_ + kRoundNs;
  next_reap_ns_ = released_ns_ + kReapNs;
  if (parts_.target_is_untraced) {
    losses_.Count(LossKind::kUntracedProcess, 1, {.pid = parts_.target});
  }
  rate_.Begin(released_ns_, Relative(released_ns_));
  if (parts_.page_nodes_ns != 0) pages_.emplace(parts_.page_nodes_ns);
  if (!parts_.attached.empty()) return BeginAttached();
  processes_.OnFirstProcess(Relative(released_ns_), parts_.target, getpid());
  if (pages_) pages_->SetProcesses({parts_.target});
  return absl::OkStatus();
}

// What the kernel tells of the time before a process was read is overtaken by what is read.
absl::Status Session::BeginAttached() {
  RETURN_IF_ERROR(parts_.sampler.Start());
  for (const pid_t pid : parts_.attached) {
    const auto tids = process::ThreadsOf(pid);
    processes_.OnFound(Relative(base::MonotonicNs()), pid,
                       tids.ok() ? *tids : std::vector<pid_t>{pid});
  }
  if (pages_) pages_->SetProcesses(processes_.LivePids());
  return absl::OkStatus();
}

void Session::Run(RecordingResult& result) {
  while (!TargetEnded(result)) {
    WaitForEvents();
    Drain();
    DoPeriodicWork();
  }
  DrainTheRest();
  Finish(result);
}

void Session::WaitForEvents() {
  if (wait_ns_ == 0) return;
  std::array<epoll_event, 16> events;
  const timespec timeout{.tv_sec = static_cast<time_t>(wait_ns_ / kSecond),
                         .tv_nsec = static_cast<long>(wait_ns_ % kSecond)};
  int count = -1;
  if (fine_waits_) {
    count = epoll_pwait2(epoll_.get(), events.data(), events.size(), &timeout, nullptr);
    // Before Linux 5.11, or a container forbids the call.
    fine_waits_ = count >= 0 || errno == EINTR;
  }
  if (!fine_waits_) {
    count = epoll_wait(epoll_.get(), events.data(), events.size(),
                       static_cast<int>(std::max<std::uint64_t>(1, wait_ns_ / kMillisecond)));
  }
  // An event whose program the kernel no longer lets us watch stays readable for ever.
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if ((event.events & (EPOLLHUP | EPOLLERR)) == 0) continue;
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, event.data.fd, nullptr);
  }
}

bool Session::AttachedEnded(RecordingResult& result) {
  const std::uint64_t now = base::MonotonicNs();
  const auto ended =
      static_cast<std::size_t>(std::count_if(parts_.attached.begin(), parts_.attached.end(),
                                             [](pid_t pid) { return !ProcessIsAlive(pid); }));
  const bool is_over = parts_.attached_for_ns != 0 && now - released_ns_ >= parts_.attached_for_ns;
  if (!parts_.signals.TakeEnd() && !is_over && ended < parts_.attached.size()) return false;
  result.workload =
      Watched{.wall_ns = now - released_ns_, .processes = parts_.attached.size(), .ended = ended};
  return true;
}

bool Session::TargetEnded(RecordingResult& result) {
  if (!parts_.attached.empty()) return AttachedEnded(result);
  parts_.signals.Forward(parts_.target);
  int status = 0;
  rusage usage{};
  const pid_t waited = wait4(parts_.target, &status, WNOHANG, &usage);
  if (waited == 0 || (waited < 0 && errno != ECHILD)) return false;
  if (waited < 0) {
    result.warnings.emplace_back("the exit status of the workload is lost: somebody else took it");
    status = 0;
  }

  const std::uint64_t now = base::MonotonicNs();
  Ended ended{.wall_ns = now - released_ns_,
              .user_ns = TimevalNs(usage.ru_utime),
              .system_ns = TimevalNs(usage.ru_stime)};
  if (WIFSIGNALED(status)) {
    ended.signal = WTERMSIG(status);
  } else {
    ended.exit_code = WEXITSTATUS(status);
  }
  parts_.writer.Add(
      StatisticsRecord{.time_ns = Relative(now),
                       .wall_ns = ended.wall_ns,
                       .user_ns = ended.user_ns,
                       .system_ns = ended.system_ns,
                       .max_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024,
                       .minor_faults = static_cast<std::uint64_t>(usage.ru_minflt),
                       .major_faults = static_cast<std::uint64_t>(usage.ru_majflt),
                       .pid = parts_.target,
                       .exit_code = ended.signal != 0 ? -1 : ended.exit_code,
                       .exit_signal = ended.signal,
                       .source = StatisticsSource::kWait});
  result.workload = ended;
  return true;
}

// Rings first, then the channel, then what the rings held in the round before: a process's last
// reports are then known before its end is.
void Session::Drain() {
  const std::uint64_t now = base::MonotonicNs();
  rate_.StartDrain(now);
  rate_.Meter([this] { parts_.sampler.ReadRings(losses_); });
  last_drain_events_ = 0;
  if (parts_.channel) {
    parts_.clock.Update();
    last_drain_events_ = parts_.channel->Poll(allocations_, now);
    wait_ns_ = last_drain_events_ >= kBusyEvents ? 0
               : last_drain_events_ > 0          ? kShortestWaitNs
                                        : std::clamp(2 * wait_ns_, kShortestWaitNs, kLongestWaitNs);
  }
  PopUntil(previous_drain_ns_);
  previous_drain_ns_ = now;
}

void Session::PopUntil(std::uint64_t time_ns) {
  popped_until_ns_ = time_ns;
  std::uint64_t records = 0;
  rate_.Meter([&] {
    parts_.sampler.PopUntil(time_ns, [&](const perf::KernelRecord& record) {
      ++records;
      kernel_.Add(record);
    });
  });
  rate_.EndDrain(records, kernel_.ticks());
}

void Session::DoPeriodicWork() {
  const std::uint64_t now = previous_drain_ns_;
  rate_.Govern(now, Relative(now));
  if (parts_.channel && now >= next_reap_ns_) {
    parts_.channel->Reap(allocations_, ThreadIsAlive);
    next_reap_ns_ = now + kReapNs;
  }
  if (pages_ && now >= next_page_report_ns_) {
    pages_->SetProcesses(processes_.LivePids());
    next_page_report_ns_ = now + kReapNs;
  }
  if (now < next_round_ns_ && !parts_.writer.RoundIsFull()) return;
  if (now >= next_round_ns_) {
    processes_.LookAtLiving();
    symbols_.OnRound();
    parts_.sampler.Flush();
    next_round_ns_ = now + kRoundNs;
  }
  losses_.Flush(Relative(now), parts_.writer);
  // The kernel's records are handed out later than the interposer's, whatever a drain took.
  const std::uint64_t slack = parts_.sampler.holds_back() ? kFlushSlackNs : kPublishSlackNs;
  std::uint64_t safe = std::min(popped_until_ns_, now - std::min(now, slack));
  if (pages_) {
    WritePlacements();
    safe = std::min(safe, pages_->CompleteUntil());
  }
  trace_status_.Update(parts_.writer.EndRound(Relative(safe)));
}

void Session::WritePlacements() {
  for (const PlacementLook& look : pages_->Take()) {
    if (look.pages.seen_pages == 0) continue;
    const auto weight = static_cast<float>(static_cast<double>(look.pages.present_pages) /
                                           static_cast<double>(look.pages.asked_pages));
    for (const topology::PageRun& run : look.pages.runs) {
      parts_.writer.Add(PlacementRecord{.time_ns = Relative(look.monotonic_ns),
                                        .address = run.address,
                                        .size = run.bytes,
                                        .weight = std::max(1.0F, weight),
                                        .node = static_cast<std::uint32_t>(run.node),
                                        .pid = look.pid});
      ++placements_;
    }
  }
}

void Session::DrainTheRest() {
  const std::uint64_t deadline = base::MonotonicNs() + kLastDrainNs;
  do {
    Drain();
    DoPeriodicWork();
  } while (last_drain_events_ != 0 && base::MonotonicNs() < deadline);
  if (parts_.channel) {
    parts_.channel->Close();
    parts_.clock.Update();
    parts_.channel->Poll(allocations_, base::MonotonicNs());
    parts_.channel->Reap(allocations_, ThreadIsAlive);
  }
  parts_.sampler.Stop();
  parts_.sampler.ReadRings(losses_);
  PopUntil(std::numeric_limits<std::uint64_t>::max());
}

void Session::Finish(RecordingResult& result) {
  const std::uint64_t end = Relative(base::MonotonicNs());
  parts_.sampler.CountFinalLosses(losses_.total(LossKind::kRingOverflow), losses_);
  channel::ChannelTotals totals;
  if (parts_.channel) {
    totals = parts_.channel->totals();
    losses_.Count(LossKind::kAllocationOverflow, totals.dropped);
    losses_.Count(LossKind::kCorruptRecord, totals.corrupt);
    losses_.Count(LossKind::kChannelStall, totals.stalls, {}, totals.stall_ns);
  }
  if (pages_) {
    WritePlacements();
    if (const absl::Status status = pages_->status(); !status.ok()) {
      result.warnings.push_back(
          fmt::format("it is not known where pages lay: {}", base::Message(status)));
    }
    pages_.reset();
  }
  processes_.Finish(end);
  losses_.Flush(end, parts_.writer);
  parts_.signals.Discard();
  const std::uint64_t naming_ends_ns = base::MonotonicNs() + kLongestNamingNs;
  symbols_.Write(parts_.writer, [&] {
    return base::MonotonicNs() < naming_ends_ns && !SignalGate::EndIsPending();
  });

  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  result.cost = {.user_ns = TimevalNs(usage.ru_utime),
                 .system_ns = TimevalNs(usage.ru_stime),
                 .wall_ns = end,
                 .ticks = kernel_.samples(),
                 .channel_events = totals.events};
  trace_status_.Update(parts_.writer.Finish(result.cost));

  result.trace_status = trace_status_;
  result.trace_bytes = parts_.writer.totals().bytes;
  result.records_dropped = parts_.writer.totals().dropped_records;
  result.streams = parts_.sampler.streams();
  result.ticks = kernel_.ticks();
  result.accesses = kernel_.accesses();
  result.faults = kernel_.faults();
  result.allocations = allocations_.allocations();
  result.deallocations = allocations_.deallocations();
  result.blocks_by_memory = allocations_.blocks_by_memory();
  result.processes = processes_.processes();
  result.still_running = processes_.still_running();
  result.interposed = parts_.channel.has_value();
  result.rate = rate_.history();
  result.losses = losses_;
}

}  // namespace heimdallr::recorder
