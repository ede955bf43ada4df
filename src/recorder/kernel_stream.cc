#include "recorder/kernel_stream.h"

#include <linux/perf_event.h>
#include <sys/mman.h>

#include <optional>
#include <span>
#include <string>
#include <variant>

#include "perf/memory_access.h"
#include "perf/records.h"
#include "process/elf_info.h"
#include "recorder/loss_ledger.h"
#include "recorder/process_tracker.h"
#include "recorder/sampler.h"
#include "recorder/symbol_collector.h"
#include "recorder/thread_pointers.h"
#include "replay/instruction_decoder.h"
#include "replay/registers.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

constexpr std::size_t kMaxBuildIds = 4096;

// Of the reasons a block cannot be had for.
LossKind LossOf(replay::Reason reason) {
  return reason == replay::Reason::kInstructionUnknown ? LossKind::kInstructionUnknown
                                                       : LossKind::kCodeUnreadable;
}

LossOrigin OriginOf(const perf::SampleRecord& sample, std::uint8_t stream) {
  return {.pid = sample.origin.pid, .tid = sample.origin.tid, .stream = stream};
}

}  // namespace

KernelStream::KernelStream(const Parts& parts, std::uint64_t start_ns)
    : parts_(parts), start_ns_(start_ns) {}

replay::BlockCache& KernelStream::CodeOf(std::uint8_t stream) {
  if (const auto found = code_.find(stream); found != code_.end()) return found->second;
  AddressSpaces& spaces = parts_.spaces;
  auto read = [&spaces](replay::SpaceId space, std::uint64_t address, std::span<std::byte> into) {
    return spaces.ReadCode(space, address, into);
  };
  auto find = [&spaces](replay::SpaceId space,
                        std::uint64_t ip) -> std::optional<replay::CodeRange> {
    const auto range = spaces.FindFunction(space, ip);
    if (!range) return std::nullopt;
    return replay::CodeRange{range->start, range->end};
  };
  return code_.try_emplace(stream, replay::MakeX86Decoder(), std::move(read), std::move(find))
      .first->second;
}

void KernelStream::Add(const perf::KernelRecord& record) {
  std::visit([this](const auto& r) { On(r); }, record);
}

std::uint64_t KernelStream::TimeOf(const perf::Origin& origin) const {
  return origin.time_ns > start_ns_ ? origin.time_ns - start_ns_ : 0;
}

void KernelStream::On(const perf::SampleRecord& sample) {
  const std::uint8_t stream = parts_.sampler.StreamOf(sample.origin.event_id);
  if (stream == 0) {
    parts_.losses.Count(LossKind::kCorruptRecord, 1);
    return;
  }
  switch (parts_.sampler.planned(stream).info.source) {
    case SourceKind::kFaults:
      OnFault(sample, stream);
      break;
    case SourceKind::kClock:
      ++ticks_;
      OnTick(sample, ticks_, stream);
      break;
    default:
      OnMemory(sample, stream);
      break;
  }
}

void KernelStream::OnFault(const perf::SampleRecord& sample, std::uint8_t stream) {
  ++faults_;
  parts_.symbols.OnCode(sample.origin.pid, sample.ip);
  parts_.symbols.OnData(sample.origin.pid, sample.address);
  parts_.writer.Add(FaultRecord{.time_ns = TimeOf(sample.origin),
                                .ip = sample.ip,
                                .address = sample.address,
                                .pid = sample.origin.pid,
                                .tid = sample.origin.tid,
                                .cpu = sample.origin.cpu,
                                .stream = stream});
}

// Of hardware, or a breakpoint: the access itself, and with registers those of the block around it.
void KernelStream::OnMemory(const perf::SampleRecord& sample, std::uint8_t stream) {
  if (parts_.sampler.IsOfAll(stream) && !parts_.processes.Knows(sample.origin.pid)) return;
  const PlannedStream& planned = parts_.sampler.planned(stream);
  const std::uint64_t tick = ++samples_[stream];
  auto result = perf::AccessOf(sample, planned.sample_type());
  if (const auto* loss = std::get_if<LossKind>(&result)) {
    if (planned.samples_registers()) {
      OnTick(sample, tick, stream);
    } else {
      parts_.losses.Count(*loss, 1, OriginOf(sample, stream));
    }
    return;
  }
  AccessRecord& access = std::get<AccessRecord>(result);
  access.time_ns = TimeOf(sample.origin);
  access.tick = tick;
  access.stream = stream;
  if (access.kind == AccessKind::kUnknown) access.kind = planned.kind;
  if (access.period == 0) access.period = planned.info.period;
  Write(access);
  if (sample.user_registers.mask == 0) return;
  const bool is_told = access.kind != AccessKind::kUnknown;
  (void)Replay(sample, tick, stream, is_told ? access.kind : AccessKind::kLoadStore);
}

// A sample that tells of an access by its registers alone.
void KernelStream::OnTick(const perf::SampleRecord& sample, std::uint64_t tick,
                          std::uint8_t stream) {
  if (const auto loss = Replay(sample, tick, stream, AccessKind::kUnknown)) {
    parts_.losses.Count(*loss, 1, OriginOf(sample, stream));
  }
}

std::optional<LossKind> KernelStream::Replay(const perf::SampleRecord& sample, std::uint64_t tick,
                                             std::uint8_t stream, AccessKind counts) {
  if (sample.user_registers.mask == 0) return LossKind::kNoUserRegisters;
  // Code of 32 bits means something else.
  if (sample.user_registers.abi != PERF_SAMPLE_REGS_ABI_64) return LossKind::kInstructionUnknown;
  const auto found = CodeOf(stream).Lookup(parts_.spaces.IdOf(sample.origin.pid), sample.ip);
  if (const auto* reason = std::get_if<replay::Reason>(&found)) return LossOf(*reason);
  // Registers of the processor's own record are those behind the instruction that it names.
  const bool has_run = sample.exact_ip && parts_.sampler.planned(stream).has_processors_record();
  replay::Replay(std::get<replay::BlockPosition>(found), RegistersOf(sample), replayed_,
                 {.has_run = has_run, .counts = counts});
  CountMissing(OriginOf(sample, stream));
  if (replayed_.accesses.empty()) {
    return replayed_.memory_operands == 0 ? LossKind::kNoMemoryOperand : LossKind::kOperandUnknown;
  }
  for (const replay::ReplayedAccess& access : replayed_.accesses) {
    Write({.time_ns = TimeOf(sample.origin),
           .ip = access.ip,
           .address = access.address,
           .tick = tick,
           .weight = access.weight,
           .period = sample.period,
           .pid = sample.origin.pid,
           .tid = sample.origin.tid,
           .cpu = sample.origin.cpu,
           .size = access.size_bytes,
           .stream = stream,
           .kind = access.kind,
           .direct = access.direct});
  }
  return std::nullopt;
}

void KernelStream::Write(const AccessRecord& access) {
  ++accesses_[static_cast<std::size_t>(access.kind)];
  parts_.symbols.OnCode(access.pid, access.ip);
  parts_.symbols.OnData(access.pid, access.address);
  parts_.writer.Add(access);
}

replay::Registers KernelStream::RegistersOf(const perf::SampleRecord& sample) const {
  const perf::UserRegisters& sampled = sample.user_registers;
  replay::Registers registers = replay::FromX86Sample(sampled.mask, sampled.present());
  if (const auto pointer = parts_.thread_pointers.Find(TimeOf(sample.origin), sample.origin.tid)) {
    registers.Set(replay::Register::kFsBase, *pointer);
  }
  return registers;
}

void KernelStream::CountMissing(const LossOrigin& origin) {
  const auto count = [&](replay::Reason reason, LossKind kind) {
    parts_.losses.Count(kind, replayed_.missing[static_cast<std::size_t>(reason)], origin);
  };
  count(replay::Reason::kVectorIndex, LossKind::kVectorIndex);
  count(replay::Reason::kSegmentBaseUnknown, LossKind::kSegmentBase);
  count(replay::Reason::kRegisterNotSampled, LossKind::kRegisterUnknown);
}

// All mappings of a file must have the same, or they would be taken for those of several files.
std::string KernelStream::BuildIdOf(const perf::MmapRecord& record) {
  if (!record.build_id.empty() || !NamesFile(record.path)) return record.build_id;
  if (build_ids_.size() >= kMaxBuildIds) build_ids_.clear();
  const auto [entry, is_new] = build_ids_.try_emplace({record.path, record.inode});
  if (is_new) {
    if (auto elf = process::ReadElfInfo(record.path); elf.ok()) entry->second = elf->build_id;
  }
  return entry->second;
}

void KernelStream::On(const perf::MmapRecord& record) {
  const bool executable = (record.protection & PROT_EXEC) != 0;
  const std::string build_id = BuildIdOf(record);
  parts_.writer.Add(MappingRecord{.time_ns = TimeOf(record.origin),
                                  .address = record.address,
                                  .size = record.size,
                                  .offset = record.offset,
                                  .inode = record.inode,
                                  .path = record.path,
                                  .build_id = build_id,
                                  .protection = record.protection,
                                  .pid = record.pid,
                                  .tid = record.tid,
                                  .shared = (record.flags & MAP_SHARED) != 0});
  if (NamesFile(record.path)) {
    parts_.processes.OnFileMapped(record.pid, record.path, build_id);
  }
  parts_.spaces.OnMapped(record.pid, record.address, record.size,
                         {.path = record.path,
                          .build_id = build_id,
                          .inode = record.inode,
                          .offset = record.offset,
                          .executable = executable});
  if (executable) {
    parts_.symbols.OnCodeMapped();
    const AddressSpaces::Id space = parts_.spaces.IdOf(record.pid);
    for (auto& [stream, code] : code_) {
      code.Invalidate(space, record.address, record.address + record.size);
    }
  }
}

void KernelStream::On(const perf::CommRecord& record) {
  if (record.exec) {
    EndImage(TimeOf(record.origin), record.pid);
    DropCode(parts_.spaces.OnExec(record.pid));
    parts_.processes.OnExec(TimeOf(record.origin), record.pid, record.name);
  } else {
    parts_.processes.OnName(TimeOf(record.origin), record.pid, record.tid, record.name);
  }
}

void KernelStream::On(const perf::ForkRecord& record) {
  const std::uint64_t time_ns = TimeOf(record.origin);
  // A process or thread id that is used again: the end of its last holder was lost.
  parts_.thread_pointers.OnEnd(time_ns, record.tid);
  if (record.pid != record.parent_pid) {
    DropCode(parts_.spaces.OnExit(record.pid));
    parts_.spaces.OnFork(record.pid, record.parent_pid);
    parts_.thread_pointers.OnFork(time_ns, record.tid, record.parent_tid);
  }
  parts_.processes.OnFork(time_ns, record.pid, record.tid, record.parent_pid);
}

void KernelStream::On(const perf::ExitRecord& record) {
  parts_.thread_pointers.OnEnd(TimeOf(record.origin), record.tid);
  if (parts_.processes.OnThreadExit(TimeOf(record.origin), record.pid, record.tid) ==
      ProcessTracker::Remains::kNone) {
    parts_.symbols.OnImageEnds(record.pid);
    DropCode(parts_.spaces.OnExit(record.pid));
  }
}

void KernelStream::On(const perf::LostRecord& record) {
  parts_.losses.Count(LossKind::kRingOverflow, record.count,
                      {.stream = parts_.sampler.StreamOf(record.event_id)});
}

void KernelStream::On(const perf::LostSamplesRecord& record) {
  parts_.losses.Count(LossKind::kSamplesLost, record.count,
                      {.stream = parts_.sampler.StreamOf(record.origin.event_id)});
}

void KernelStream::On(const perf::ThrottleRecord& record) {
  if (!record.throttled) return;
  parts_.losses.Count(LossKind::kThrottle, 1, {.stream = parts_.sampler.StreamOf(record.event_id)});
}

// Those of sources that have such areas do not come this far.
void KernelStream::On(const perf::AuxRecord& /*record*/) {
  parts_.losses.Count(LossKind::kCorruptRecord, 1);
}

void KernelStream::On(const perf::UnknownRecord& /*record*/) {
  parts_.losses.Count(LossKind::kCorruptRecord, 1);
}

void KernelStream::EndImage(std::uint64_t time_ns, std::int32_t pid) {
  parts_.symbols.OnImageEnds(pid);
  parts_.thread_pointers.OnEnd(time_ns, pid);
}

void KernelStream::DropCode(AddressSpaces::Id space) {
  if (space == 0) return;
  for (auto& [stream, code] : code_) code.Drop(space);
}

}  // namespace heimdallr::recorder
