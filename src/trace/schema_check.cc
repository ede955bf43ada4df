// The public record types and the schema number their values alike; here the compiler checks it.

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "heimdallr/trace/v1/trace.pb.h"
#include "heimdallr/trace_header.h"
#include "trace/format.h"

namespace heimdallr::trace {
namespace {

template <typename Ours, typename Theirs>
constexpr bool Same(Ours ours, Theirs theirs) {
  return static_cast<int>(ours) == static_cast<int>(theirs);
}

static_assert(Same(ChunkKind::kHeader, v1::Chunk::kHeader));
static_assert(Same(ChunkKind::kStrings, v1::Chunk::kStrings));
static_assert(Same(ChunkKind::kStacks, v1::Chunk::kStacks));
static_assert(Same(ChunkKind::kAccessBlock, v1::Chunk::kAccessBlock));
static_assert(Same(ChunkKind::kAllocationBlock, v1::Chunk::kAllocationBlock));
static_assert(Same(ChunkKind::kFaultBlock, v1::Chunk::kFaultBlock));
static_assert(Same(ChunkKind::kMappings, v1::Chunk::kMappings));
static_assert(Same(ChunkKind::kProcesses, v1::Chunk::kProcesses));
static_assert(Same(ChunkKind::kThreads, v1::Chunk::kThreads));
static_assert(Same(ChunkKind::kLosses, v1::Chunk::kLosses));
static_assert(Same(ChunkKind::kStatistics, v1::Chunk::kStatistics));
static_assert(Same(ChunkKind::kRoundEnd, v1::Chunk::kRoundEnd));
static_assert(Same(ChunkKind::kFooter, v1::Chunk::kFooter));
static_assert(Same(ChunkKind::kTrailer, v1::Chunk::kTrailer));
static_assert(Same(ChunkKind::kCompressed, v1::Chunk::kCompressed));
static_assert(Same(ChunkKind::kPeriods, v1::Chunk::kPeriods));
static_assert(Same(ChunkKind::kSymbols, v1::Chunk::kSymbols));
static_assert(Same(ChunkKind::kPlacementBlock, v1::Chunk::kPlacementBlock));

static_assert(Same(AccessKind::kLoad, v1::ACCESS_KIND_LOAD));
static_assert(Same(AccessKind::kStore, v1::ACCESS_KIND_STORE));
static_assert(Same(AccessKind::kLoadStore, v1::ACCESS_KIND_LOAD_STORE));

static_assert(Same(AllocationCall::kMalloc, v1::ALLOCATION_CALL_MALLOC));
static_assert(Same(AllocationCall::kCalloc, v1::ALLOCATION_CALL_CALLOC));
static_assert(Same(AllocationCall::kRealloc, v1::ALLOCATION_CALL_REALLOC));
static_assert(Same(AllocationCall::kReallocarray, v1::ALLOCATION_CALL_REALLOCARRAY));
static_assert(Same(AllocationCall::kFree, v1::ALLOCATION_CALL_FREE));
static_assert(Same(AllocationCall::kPosixMemalign, v1::ALLOCATION_CALL_POSIX_MEMALIGN));
static_assert(Same(AllocationCall::kAlignedAlloc, v1::ALLOCATION_CALL_ALIGNED_ALLOC));
static_assert(Same(AllocationCall::kMemalign, v1::ALLOCATION_CALL_MEMALIGN));
static_assert(Same(AllocationCall::kValloc, v1::ALLOCATION_CALL_VALLOC));
static_assert(Same(AllocationCall::kPvalloc, v1::ALLOCATION_CALL_PVALLOC));
static_assert(Same(AllocationCall::kFreeSized, v1::ALLOCATION_CALL_FREE_SIZED));
static_assert(Same(AllocationCall::kFreeAlignedSized, v1::ALLOCATION_CALL_FREE_ALIGNED_SIZED));
static_assert(Same(AllocationCall::kOperatorNew, v1::ALLOCATION_CALL_OPERATOR_NEW));
static_assert(Same(AllocationCall::kOperatorNewArray, v1::ALLOCATION_CALL_OPERATOR_NEW_ARRAY));
static_assert(Same(AllocationCall::kOperatorDelete, v1::ALLOCATION_CALL_OPERATOR_DELETE));
static_assert(Same(AllocationCall::kOperatorDeleteArray,
                   v1::ALLOCATION_CALL_OPERATOR_DELETE_ARRAY));
static_assert(Same(AllocationCall::kMmap, v1::ALLOCATION_CALL_MMAP));
static_assert(Same(AllocationCall::kMunmap, v1::ALLOCATION_CALL_MUNMAP));
static_assert(Same(AllocationCall::kMremap, v1::ALLOCATION_CALL_MREMAP));
static_assert(Same(AllocationCall::kBrk, v1::ALLOCATION_CALL_BRK));
static_assert(Same(AllocationCall::kSbrk, v1::ALLOCATION_CALL_SBRK));

static_assert(Same(kSiteDeallocation, v1::ALLOCATION_SITE_FLAG_DEALLOCATION));
static_assert(Same(kSiteHasSize, v1::ALLOCATION_SITE_FLAG_SIZE));
static_assert(Same(kSiteHasOldAddress, v1::ALLOCATION_SITE_FLAG_OLD_ADDRESS));

static_assert(Same(ProcessEvent::kStart, v1::PROCESS_EVENT_START));
static_assert(Same(ProcessEvent::kExec, v1::PROCESS_EVENT_EXEC));
static_assert(Same(ProcessEvent::kExit, v1::PROCESS_EVENT_EXIT));
static_assert(Same(ProcessEvent::kAttach, v1::PROCESS_EVENT_ATTACH));

static_assert(Same(ThreadEvent::kStart, v1::THREAD_EVENT_START));
static_assert(Same(ThreadEvent::kName, v1::THREAD_EVENT_NAME));
static_assert(Same(ThreadEvent::kExit, v1::THREAD_EVENT_EXIT));
static_assert(Same(ThreadEvent::kLayout, v1::THREAD_EVENT_LAYOUT));

static_assert(Same(LossKind::kRingOverflow, v1::LOSS_KIND_RING_OVERFLOW));
static_assert(Same(LossKind::kSamplesLost, v1::LOSS_KIND_SAMPLES_LOST));
static_assert(Same(LossKind::kThrottle, v1::LOSS_KIND_THROTTLE));
static_assert(Same(LossKind::kNoMemoryOperand, v1::LOSS_KIND_NO_MEMORY_OPERAND));
static_assert(Same(LossKind::kCodeUnreadable, v1::LOSS_KIND_CODE_UNREADABLE));
static_assert(Same(LossKind::kInstructionUnknown, v1::LOSS_KIND_INSTRUCTION_UNKNOWN));
static_assert(Same(LossKind::kOperandUnknown, v1::LOSS_KIND_OPERAND_UNKNOWN));
static_assert(Same(LossKind::kNoUserRegisters, v1::LOSS_KIND_NO_USER_REGISTERS));
static_assert(Same(LossKind::kAllocationOverflow, v1::LOSS_KIND_ALLOCATION_OVERFLOW));
static_assert(Same(LossKind::kChannelStall, v1::LOSS_KIND_CHANNEL_STALL));
static_assert(Same(LossKind::kUntracedProcess, v1::LOSS_KIND_UNTRACED_PROCESS));
static_assert(Same(LossKind::kWriteFailed, v1::LOSS_KIND_WRITE_FAILED));
static_assert(Same(LossKind::kCorruptRecord, v1::LOSS_KIND_CORRUPT_RECORD));
static_assert(Same(LossKind::kMultiplexed, v1::LOSS_KIND_MULTIPLEXED));
static_assert(Same(LossKind::kNamespaceBypass, v1::LOSS_KIND_NAMESPACE_BYPASS));
static_assert(Same(LossKind::kVectorIndex, v1::LOSS_KIND_VECTOR_INDEX));
static_assert(Same(LossKind::kSegmentBase, v1::LOSS_KIND_SEGMENT_BASE));
static_assert(Same(LossKind::kRegisterUnknown, v1::LOSS_KIND_REGISTER_UNKNOWN));
static_assert(Same(LossKind::kNotMemory, v1::LOSS_KIND_NOT_MEMORY));
static_assert(Same(LossKind::kNoDataAddress, v1::LOSS_KIND_NO_DATA_ADDRESS));
static_assert(Same(LossKind::kAuxGap, v1::LOSS_KIND_AUX_GAP));
static_assert(Same(TraceOrigin::kImported, v1::ORIGIN_IMPORTED));
static_assert(Same(TraceOrigin::kSynthetic, v1::ORIGIN_SYNTHETIC));
static_assert(kTraceOrigins - 1 == static_cast<int>(v1::Origin_MAX));

static_assert(Same(StatisticsSource::kWait, v1::STATISTICS_SOURCE_WAIT));
static_assert(Same(StatisticsSource::kExitReport, v1::STATISTICS_SOURCE_EXIT_REPORT));
static_assert(Same(StatisticsSource::kLastSeen, v1::STATISTICS_SOURCE_LAST_SEEN));

static_assert(Same(SourceKind::kPmu, v1::SOURCE_KIND_PMU));
static_assert(Same(SourceKind::kClock, v1::SOURCE_KIND_CLOCK));
static_assert(Same(SourceKind::kFaults, v1::SOURCE_KIND_FAULTS));

static_assert(Same(DataSymbol::Kind::kObject, v1::DATA_SYMBOL_KIND_OBJECT));
static_assert(Same(DataSymbol::Kind::kSection, v1::DATA_SYMBOL_KIND_SECTION));

// A kind added on one side alone.
static_assert(Same(AllocationCall::kSbrk, v1::AllocationCall_MAX));
static_assert(kLossKinds - 1 == static_cast<int>(v1::LossKind_MAX));
static_assert(Same(AccessKind::kLoadStore, v1::AccessKind_MAX));
static_assert(Same(SourceKind::kFaults, v1::SourceKind_MAX));

}  // namespace
}  // namespace heimdallr::trace
