#include "recorder/allocation_stream.h"

#include <algorithm>

#include "recorder/loss_ledger.h"
#include "recorder/process_tracker.h"
#include "recorder/symbol_collector.h"
#include "recorder/thread_pointers.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

using channel::EventCode;
using channel::EventRecord;
using channel::RingOwner;

// What a plain call code or one of the extra codes means.
struct CallMeaning {
  AllocationCall call = AllocationCall::kUnknown;
  AllocationEvent event = AllocationEvent::kAllocate;
};

CallMeaning Meaning(EventCode code) {
  using enum AllocationEvent;
  switch (code) {
    case EventCode::kReallocBegin:
      return {AllocationCall::kRealloc, kDeallocate};
    case EventCode::kReallocarrayBegin:
      return {AllocationCall::kReallocarray, kDeallocate};
    case EventCode::kMremapBegin:
      return {AllocationCall::kMremap, kDeallocate};
    case EventCode::kBrkShrink:
      return {AllocationCall::kBrk, kDeallocate};
    case EventCode::kSbrkShrink:
      return {AllocationCall::kSbrk, kDeallocate};
    default:
      break;
  }
  const auto call = static_cast<AllocationCall>(code);
  switch (call) {
    case AllocationCall::kFree:
    case AllocationCall::kFreeSized:
    case AllocationCall::kFreeAlignedSized:
    case AllocationCall::kOperatorDelete:
    case AllocationCall::kOperatorDeleteArray:
    case AllocationCall::kMunmap:
      return {call, kDeallocate};
    default:
      return {call, kAllocate};
  }
}

// Whether a record that makes a block has in its size which memory served it (MemoryCode).
bool IsHeapCall(AllocationCall call) {
  switch (call) {
    case AllocationCall::kMalloc:
    case AllocationCall::kCalloc:
    case AllocationCall::kRealloc:
    case AllocationCall::kReallocarray:
    case AllocationCall::kPosixMemalign:
    case AllocationCall::kAlignedAlloc:
    case AllocationCall::kMemalign:
    case AllocationCall::kValloc:
    case AllocationCall::kPvalloc:
    case AllocationCall::kOperatorNew:
    case AllocationCall::kOperatorNewArray:
      return true;
    default:
      return false;
  }
}

// What a workload can make us keep. More stacks than this are told by their caller alone; more open
// calls are those of handlers that never returned.
constexpr std::size_t kMaxStacks = 1U << 22;
constexpr std::size_t kMaxOpenCalls = 64;

bool IsBegin(EventCode code) {
  return code == EventCode::kReallocBegin || code == EventCode::kReallocarrayBegin ||
         code == EventCode::kMremapBegin;
}

// The first half that belongs to a second half; kThreadStart (which is none) for other calls.
EventCode BeginOf(AllocationCall call) {
  switch (call) {
    case AllocationCall::kRealloc:
      return EventCode::kReallocBegin;
    case AllocationCall::kReallocarray:
      return EventCode::kReallocarrayBegin;
    case AllocationCall::kMremap:
      return EventCode::kMremapBegin;
    default:
      return EventCode::kThreadStart;
  }
}

}  // namespace

std::uint64_t AllocationStream::TimeOf(const EventRecord& event) const {
  const std::uint64_t now = parts_.clock.ToMonotonicNs(event.time);
  return now > start_ns_ ? now - start_ns_ : 0;
}

void AllocationStream::OnEvents(const RingOwner& owner, std::span<const EventRecord> events) {
  OwnerState& state = owners_[owner.owner];
  for (const EventRecord& event : events) {
    const EventCode code = channel::TagCode(event.tag);
    if (code < EventCode::kThreadStart) {
      OnCall(owner, state, event, code);
    } else {
      OnReport(owner, state, event, code);
    }
  }
}

void AllocationStream::OnOwnerGone(const RingOwner& owner) { owners_.erase(owner.owner); }

void AllocationStream::OnCall(const RingOwner& owner, OwnerState& state, const EventRecord& event,
                              EventCode code) {
  const CallMeaning meaning = Meaning(code);
  state.last_time_ns = std::max(state.last_time_ns, TimeOf(event));
  AllocationRecord record{.time_ns = state.last_time_ns,
                          .address = event.address,
                          .size = event.size,
                          .pid = owner.pid,
                          .tid = owner.tid,
                          .call = meaning.call,
                          .event = meaning.event};
  ResolveMemory(owner, record);
  ResolveTag(event, record);
  if (IsBegin(code)) {
    if (state.open_calls.size() == kMaxOpenCalls) state.open_calls.erase(state.open_calls.begin());
    state.open_calls.push_back({code, event.address});
  } else if (!state.open_calls.empty() && state.open_calls.back().begin == BeginOf(meaning.call)) {
    record.old_address = state.open_calls.back().old_address;
    state.open_calls.pop_back();
  }
  ++(meaning.event == AllocationEvent::kAllocate ? allocations_ : deallocations_);
  parts_.writer.Add(record);
}

void AllocationStream::ResolveMemory(const RingOwner& owner, AllocationRecord& record) {
  if (record.address == 0 || record.event != AllocationEvent::kAllocate) return;
  if (!IsHeapCall(record.call)) return;
  const std::uint64_t memory = record.size >> channel::kMemoryShift;
  record.size &= channel::kSizeMask;
  if (memory >= blocks_by_memory_.size()) {
    parts_.losses.Count(LossKind::kCorruptRecord, 1, {.pid = owner.pid, .tid = owner.tid});
    return;
  }
  record.memory = static_cast<std::uint8_t>(memory);
  ++blocks_by_memory_[memory];
}

void AllocationStream::ResolveTag(const EventRecord& event, AllocationRecord& record) {
  const std::uint64_t payload = event.tag & channel::kTagPayloadMask;
  if (tags_ == TagMeaning::kCaller) {
    record.caller = payload;
    parts_.symbols.OnCall(record.pid, payload);
    return;
  }
  const auto stack = stacks_.find(payload);
  if (stack == stacks_.end()) return;  // its definition was in a slot that was lost
  record.caller = stack->second.caller;
  record.stack = stack->second.id;
}

void AllocationStream::OnReport(const RingOwner& owner, OwnerState& state, const EventRecord& event,
                                EventCode code) {
  const std::uint64_t payload = event.tag & channel::kTagPayloadMask;
  switch (code) {
    case EventCode::kThreadStart:
      OnThreadStart(owner, event);
      break;
    case EventCode::kStackDefinition:
      state.stack_hash = payload;
      state.frames.clear();
      state.frames_missing = std::min<std::uint64_t>(event.address, channel::kMaxStackDepth);
      break;
    case EventCode::kStackFrames:
      OnFrames(owner, state, event);
      break;
    case EventCode::kExitReport:
      state.exit_report = {.time_ns = TimeOf(event),
                           .user_ns = event.address * 1000,
                           .system_ns = event.size * 1000,
                           .pid = owner.pid,
                           .exit_code = static_cast<std::int32_t>(payload & 0xff),
                           .source = StatisticsSource::kExitReport};
      break;
    case EventCode::kExitReportFaults:
      state.exit_report.max_rss_bytes = event.address * 1024;
      state.exit_report.minor_faults = event.size >> 32;
      state.exit_report.major_faults = event.size & 0xffff'ffff;
      parts_.processes.OnExitReport(state.exit_report);
      break;
    case EventCode::kNamespaceBypass:
      parts_.losses.Count(LossKind::kNamespaceBypass, 1, {.pid = owner.pid});
      break;
    default:
      parts_.losses.Count(LossKind::kCorruptRecord, 1, {.pid = owner.pid, .tid = owner.tid});
  }
}

void AllocationStream::OnThreadStart(const RingOwner& owner, const EventRecord& event) {
  const std::uint64_t time_ns = TimeOf(event);
  if (std::uint64_t& image = images_[owner.pid]; image != owner.image) {
    image = owner.image;
    parts_.processes.OnAttach(time_ns, owner.pid);
  }
  parts_.thread_pointers.OnReport(time_ns, owner.tid, event.address);
  parts_.processes.OnThreadLayout({.time_ns = time_ns,
                                   .thread_pointer = event.address,
                                   .stack_top = event.size,
                                   .pid = owner.pid,
                                   .tid = owner.tid,
                                   .event = ThreadEvent::kLayout});
}

void AllocationStream::OnFrames(const RingOwner& owner, OwnerState& state,
                                const EventRecord& event) {
  for (const std::uint64_t frame : {event.time, event.address, event.size}) {
    if (state.frames_missing == 0) break;  // the last slot may be filled in part
    state.frames.push_back(frame);
    --state.frames_missing;
  }
  if (state.frames_missing != 0 || state.frames.empty()) return;
  if (stacks_.size() >= kMaxStacks) return;
  for (const std::uint64_t frame : state.frames) parts_.symbols.OnCall(owner.pid, frame);
  stacks_[state.stack_hash] = {.caller = state.frames.front(),
                               .id = parts_.writer.AddStack(state.frames)};
}

}  // namespace heimdallr::recorder
