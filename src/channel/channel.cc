#include "channel/channel.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"

namespace heimdallr::channel {
namespace {

constexpr std::size_t kControlBytes = kControlOffset + kMaxRings * sizeof(RingControl);
// Rings with pages that wait for a thread. Fewer than kWantedRings: pages are allocated ahead; more
// than kSpareRings: the pages of a freed ring are given back.
constexpr std::size_t kWantedRings = 4;
constexpr std::size_t kSpareRings = 64;
// Rings looked at in each poll behind those used so far, and polls after which all are looked at.
constexpr std::uint32_t kLookAhead = 64;
constexpr std::uint64_t kPollsPerScan = 64;
// 16 KiB: stays in the first-level cache between our copying and the sink's reading.
constexpr std::size_t kBatchRecords = 512;
// A slot left uncommitted before committed ones for longer than this is given up: the thread's
// signal handler did not return to the code it interrupted. (It may wait for room just then.)
constexpr std::uint64_t kGapAbandonedNs = 200'000'000;
constexpr std::uint64_t kStartUnknown = 0;  // no clock of the channel starts with the workload
constexpr std::uint64_t kGapDistance = 64;  // slots; a stack of 64 frames takes 23

// Rings are mapped one by one, and pages have up to 64 KiB.
std::uint64_t RoundUpToPage(std::uint64_t bytes) {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

std::uint64_t RingBytes(std::uint32_t ring_records) {
  return RoundUpToPage(std::uint64_t{ring_records} * sizeof(EventRecord));
}

absl::Status Check(const ChannelOptions& options) {
  if (!std::has_single_bit(options.ring_records) || options.ring_records < kMinRingRecords ||
      options.ring_records > kMaxRingRecords) {
    return absl::InvalidArgumentError(
        fmt::format("a ring of {} records: must be a power of two from {} to {}",
                    options.ring_records, kMinRingRecords, kMaxRingRecords));
  }
  if (options.stack_depth > kMaxStackDepth) {
    return absl::InvalidArgumentError(fmt::format("stacks of {} frames: at most {} can be recorded",
                                                  options.stack_depth, kMaxStackDepth));
  }
  return absl::OkStatus();
}

template <typename T>
T LoadRelaxed(T& field) {
  return std::atomic_ref(field).load(std::memory_order_relaxed);
}

}  // namespace

absl::StatusOr<Channel> Channel::Create(const ChannelOptions& options) {
  RETURN_IF_ERROR(Check(options));
  base::UniqueFd fd(memfd_create("heimdallr-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) return base::SyscallError(errno, "cannot make the channel (memfd_create)");
  const std::uint64_t rings_offset = RoundUpToPage(kControlBytes);
  const std::uint64_t bytes = rings_offset + kMaxRings * RingBytes(options.ring_records);
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) {
    return base::SyscallError(errno, fmt::format("cannot size the channel to {} bytes", bytes));
  }
  // A workload that cuts the file would kill us with SIGBUS.
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return base::SyscallError(errno, "cannot fix the size of the channel (F_ADD_SEALS)");
  }
  ASSIGN_OR_RETURN(auto control,
                   base::MappedRegion::Map(fd.get(), rings_offset, 0, base::MapAccess::kReadWrite,
                                           "channel's control pages"));
  auto* const header = new (control.data()) ChannelHeader{};
  header->abi_version = kAbiVersion;
  header->ring_records = options.ring_records;
  header->rings_offset = rings_offset;
  header->ring_stride = RingBytes(options.ring_records);
  header->file_bytes = bytes;
  header->clock = options.clock;
  header->stack_depth = options.stack_depth;
  header->recorder_pid = options.recorder_pid;
  header->state.store(static_cast<std::uint32_t>(ChannelState::kOpen), std::memory_order_relaxed);
  header->magic = kMagic;
  Channel channel(std::move(fd), std::move(control), options);
  channel.PrepareRings();
  return channel;
}

Channel::Channel(base::UniqueFd fd, base::MappedRegion control, const ChannelOptions& options)
    : fd_(std::move(fd)),
      control_(std::move(control)),
      ring_records_(options.ring_records),
      rings_(kMaxRings),
      batch_(std::min<std::size_t>(kBatchRecords, options.ring_records)) {}

std::string Channel::path() const { return fmt::format("/proc/{}/fd/{}", getpid(), fd_.get()); }

ChannelHeader& Channel::header() const {
  return *std::launder(reinterpret_cast<ChannelHeader*>(control_.data()));
}

RingControl& Channel::control(std::uint32_t index) const {
  return reinterpret_cast<RingControl*>(control_.data() + kControlOffset)[index];
}

std::uint64_t Channel::Offset(std::uint32_t index) const {
  return RoundUpToPage(kControlBytes) + index * RingBytes(ring_records_);
}

RingState Channel::state(std::uint32_t index) const {
  // Acquire: pairs with the producer's release of kRetired, after its last record.
  return static_cast<RingState>(control(index).state.load(std::memory_order_acquire));
}

std::uint64_t Channel::Poll(EventSink& sink, std::uint64_t now_ns) {
  header().heartbeat_ns.store(now_ns, std::memory_order_relaxed);
  FindClaims();
  std::uint64_t events = 0;
  for (const std::uint32_t index : active_) {
    Ring& ring = rings_[index];
    if (!ring.active) continue;  // ended while another ring was read
    // Before the records: a ring seen retired here gets none after those now read.
    bool retired = state(index) == RingState::kRetired;
    const std::uint64_t read = ReadLap(ring, index, sink);
    retired = retired || ring.replaced;
    events += read;
    if (read != 0 || ring.idle_since_ns == 0) {
      ring.idle_since_ns = now_ns;
      ring.gap_suspected = false;
    }
    if (retired && !ring.reader.Ready()) {
      Finish(index, sink);
    } else if (now_ns - ring.idle_since_ns > kGapAbandonedNs && now_ns > ring.idle_since_ns) {
      WatchForGap(ring, now_ns);
    }
  }
  std::erase_if(active_, [this](std::uint32_t index) { return !rings_[index].active; });
  PrepareRings();
  return events;
}

void Channel::FindClaims() {
  std::erase_if(prepared_, [this](std::uint32_t index) { return Activate(index); });
  // Threads that find no prepared ring take free ones in ascending order, so new claims are close
  // behind the rings used so far; all are looked at now and then.
  const std::uint32_t reach =
      ++polls_ % kPollsPerScan == 0 ? kMaxRings : std::min(used_ + kLookAhead, kMaxRings);
  for (std::uint32_t index = 0; index < reach; ++index) {
    if (!rings_[index].active) Activate(index);
  }
  std::erase_if(prepared_, [this](std::uint32_t index) { return rings_[index].active; });
}

bool Channel::Activate(std::uint32_t index) {
  const RingState seen = state(index);
  if (seen != RingState::kClaimed && seen != RingState::kRetired) return false;
  if (!Map(index)) return false;  // no memory now: the thread waits, the next scan tries again
  Ring& ring = rings_[index];
  ring.active = true;
  ring.gap_suspected = false;
  ring.replaced = false;
  ring.started = kStartUnknown;
  ring.idle_since_ns = 0;
  ring.owner = {};
  active_.push_back(index);
  used_ = std::max(used_, index + 1);
  return true;
}

bool Channel::Map(std::uint32_t index) {
  Ring& ring = rings_[index];
  if (ring.memory.data() != nullptr) return true;
  auto memory = base::MappedRegion::Map(fd_.get(), RingBytes(ring_records_), Offset(index),
                                        base::MapAccess::kReadWrite, "channel's ring");
  if (!memory.ok()) return false;
  ring.memory = *std::move(memory);
  const std::span slots(reinterpret_cast<EventRecord*>(ring.memory.data()), ring_records_);
  ring.reader = RingReader(slots, control(index).tail, 0);
  return true;
}

std::uint64_t Channel::ReadLap(Ring& ring, std::uint32_t index, EventSink& sink) {
  std::uint64_t consumed = 0;
  std::uint64_t events = 0;
  while (consumed < ring_records_) {
    const RingReader::Batch batch = ring.reader.Read(batch_);
    if (batch.consumed == 0) break;
    const std::span records(batch_.data(), batch.records);
    if (ring.owner.owner == 0 && !records.empty()) Identify(ring, index, records.front(), sink);
    // Still without an owner: nobody whom the records could be of.
    const std::size_t good = ring.owner.owner == 0 ? 0 : records.size();
    consumed += batch.consumed;
    events += good;
    totals_.corrupt += batch.consumed - good;
    if (good != 0) sink.OnEvents(ring.owner, records);
    if (batch.consumed < batch_.size()) break;
  }
  totals_.events += events;
  return events;
}

void Channel::Identify(Ring& ring, std::uint32_t index, const EventRecord& first, EventSink& sink) {
  RingControl& shared = control(index);
  RingOwner owner{.image = LoadRelaxed(shared.image),
                  .pid = LoadRelaxed(shared.pid),
                  .tid = LoadRelaxed(shared.tid)};
  if (owner.pid <= 0 || owner.tid <= 0) return;
  owner.owner = ++totals_.owners;
  ring.owner = owner;
  ring.started = TagCode(first.tag) == EventCode::kThreadStart ? first.time : kStartUnknown;
  if (ring.started != kStartUnknown) EndReplaced(ring, sink);
}

void Channel::EndReplaced(Ring& ring, EventSink& sink) {
  // Of two images of one process id, the one whose threads started earlier has been replaced, by
  // exec or by a new process of the same id. Rings are not found in the order they were claimed.
  for (const std::uint32_t other : active_) {
    const RingOwner& owner = rings_[other].owner;
    if (!rings_[other].active || owner.owner == 0) continue;
    if (rings_[other].started == kStartUnknown) continue;
    if (owner.pid != ring.owner.pid || owner.image == ring.owner.image) continue;
    if (rings_[other].started > ring.started) {
      ring.replaced = true;
      continue;
    }
    // Finish uses batch_, which holds the first records of the new owner.
    std::vector<EventRecord> kept = std::exchange(batch_, std::vector<EventRecord>(batch_.size()));
    Finish(other, sink);
    batch_ = std::move(kept);
  }
}

void Channel::WatchForGap(Ring& ring, std::uint64_t now_ns) {
  const bool gap = ring.reader.HasGap(kGapDistance);
  if (gap && ring.gap_suspected) ring.reader.CloseGaps(kGapDistance);
  ring.gap_suspected = gap && !ring.gap_suspected;
  ring.idle_since_ns = now_ns;
}

void Channel::Finish(std::uint32_t index, EventSink& sink) {
  Ring& ring = rings_[index];
  // What the owner left: its last records, maybe behind slots it did not get to commit. Not more
  // than two laps, in case somebody still writes.
  std::uint64_t events = ReadLap(ring, index, sink);
  while (events <= 2 * std::uint64_t{ring_records_} && ring.reader.HasGap(kGapDistance)) {
    ring.reader.CloseGaps(kGapDistance);
    events += ReadLap(ring, index, sink) + 1;
  }
  RingControl& shared = control(index);
  ring.owner.stalls = shared.stalls.exchange(0, std::memory_order_relaxed);
  ring.owner.stall_ns = shared.stall_ns.exchange(0, std::memory_order_relaxed);
  ring.owner.dropped = shared.dropped.exchange(0, std::memory_order_relaxed);
  totals_.stalls += ring.owner.stalls;
  totals_.stall_ns += ring.owner.stall_ns;
  totals_.dropped += ring.owner.dropped;
  if (ring.owner.owner != 0) sink.OnOwnerGone(ring.owner);
  Free(ring, index);
}

void Channel::Free(Ring& ring, std::uint32_t index) {
  RingControl& shared = control(index);
  std::atomic_ref(shared.pid).store(0, std::memory_order_relaxed);
  std::atomic_ref(shared.tid).store(0, std::memory_order_relaxed);
  std::atomic_ref(shared.image).store(0, std::memory_order_relaxed);
  ring.active = false;
  ring.owner = {};
  RingState next = RingState::kPrepared;
  if (prepared_.size() >= kSpareRings) {
    const auto offset = static_cast<off_t>(Offset(index));
    const auto bytes = static_cast<off_t>(ring.memory.size());
    if (fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, bytes) == 0) {
      ring.reader.SkipToFreshLap();
      next = RingState::kFree;
    }
  }
  if (next == RingState::kPrepared) prepared_.push_back(index);
  // Release: the next owner, who acquires `state`, sees the final tail.
  shared.state.store(static_cast<std::uint32_t>(next), std::memory_order_release);
}

void Channel::PrepareRings() {
  for (std::uint32_t index = 0; index < kMaxRings && prepared_.size() < kWantedRings; ++index) {
    if (rings_[index].active || state(index) != RingState::kFree) continue;
    const auto offset = static_cast<off_t>(Offset(index));
    const auto bytes = static_cast<off_t>(RingBytes(ring_records_));
    if (fallocate(fd_.get(), 0, offset, bytes) != 0 || !Map(index)) return;
    auto expected = static_cast<std::uint32_t>(RingState::kFree);
    if (control(index).state.compare_exchange_strong(
            expected, static_cast<std::uint32_t>(RingState::kPrepared),
            std::memory_order_acq_rel)) {
      prepared_.push_back(index);
    }
  }
  if (!prepared_.empty()) {
    header().claim_hint.store(*std::min_element(prepared_.begin(), prepared_.end()),
                              std::memory_order_relaxed);
  }
}

void Channel::Reap(EventSink& sink,
                   const std::function<bool(std::int32_t pid, std::int32_t tid)>& alive) {
  for (std::uint32_t index = 0; index < kMaxRings; ++index) {
    if (!rings_[index].active) Activate(index);
  }
  std::erase_if(prepared_, [this](std::uint32_t index) { return rings_[index].active; });
  const std::vector<std::uint32_t> seen = active_;
  for (const std::uint32_t index : seen) {
    if (!rings_[index].active) continue;
    RingControl& shared = control(index);
    const std::int32_t pid = LoadRelaxed(shared.pid);
    const std::int32_t tid = LoadRelaxed(shared.tid);
    // 0: claimed a moment ago, the owner has not said its name yet.
    if (pid != 0 && tid != 0 && !alive(pid, tid)) Finish(index, sink);
  }
  std::erase_if(active_, [this](std::uint32_t index) { return !rings_[index].active; });
}

void Channel::Close() {
  header().state.store(static_cast<std::uint32_t>(ChannelState::kClosed),
                       std::memory_order_release);
}

ChannelTotals Channel::totals() const {
  ChannelTotals totals = totals_;
  for (const std::uint32_t index : active_) {
    const RingControl& shared = control(index);
    totals.stalls += shared.stalls.load(std::memory_order_relaxed);
    totals.stall_ns += shared.stall_ns.load(std::memory_order_relaxed);
    totals.dropped += shared.dropped.load(std::memory_order_relaxed);
  }
  totals.dropped += header().unringed_events.load(std::memory_order_relaxed);
  return totals;
}

}  // namespace heimdallr::channel
