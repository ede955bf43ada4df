#include "analysis/names.h"

namespace heimdallr::analysis {

std::string_view Name(LossKind kind) {
  switch (kind) {
    case LossKind::kUnknown:
      break;
    case LossKind::kRingOverflow:
      return "ring_overflow";
    case LossKind::kSamplesLost:
      return "samples_lost";
    case LossKind::kThrottle:
      return "throttle";
    case LossKind::kNoMemoryOperand:
      return "no_memory_operand";
    case LossKind::kCodeUnreadable:
      return "code_unreadable";
    case LossKind::kInstructionUnknown:
      return "instruction_unknown";
    case LossKind::kOperandUnknown:
      return "operand_unknown";
    case LossKind::kNoUserRegisters:
      return "no_user_registers";
    case LossKind::kAllocationOverflow:
      return "allocation_overflow";
    case LossKind::kChannelStall:
      return "channel_stall";
    case LossKind::kUntracedProcess:
      return "untraced_process";
    case LossKind::kWriteFailed:
      return "write_failed";
    case LossKind::kCorruptRecord:
      return "corrupt_record";
    case LossKind::kMultiplexed:
      return "multiplexed";
    case LossKind::kNamespaceBypass:
      return "namespace_bypass";
    case LossKind::kVectorIndex:
      return "vector_index";
    case LossKind::kSegmentBase:
      return "segment_base";
    case LossKind::kRegisterUnknown:
      return "register_unknown";
    case LossKind::kNotMemory:
      return "not_memory";
    case LossKind::kNoDataAddress:
      return "no_data_address";
    case LossKind::kAuxGap:
      return "aux_gap";
  }
  return "unknown";
}

LossEffect EffectOf(LossKind kind) {
  switch (kind) {
    case LossKind::kNoMemoryOperand:
    case LossKind::kCodeUnreadable:
    case LossKind::kInstructionUnknown:
    case LossKind::kOperandUnknown:
    case LossKind::kNoUserRegisters:
    case LossKind::kNotMemory:
    case LossKind::kNoDataAddress:
      return LossEffect::kNoAddress;
    case LossKind::kVectorIndex:
    case LossKind::kSegmentBase:
    case LossKind::kRegisterUnknown:
      return LossEffect::kFewer;
    case LossKind::kChannelStall:
      return LossEffect::kWaited;
    default:
      return LossEffect::kMissing;
  }
}

std::string_view Meaning(LossKind kind) {
  switch (kind) {
    case LossKind::kUnknown:
      break;
    case LossKind::kRingOverflow:
      return "kernel records lost: its buffer was full (a larger --buffer-size or a lower -F "
             "helps)";
    case LossKind::kSamplesLost:
      return "samples dropped by the kernel or the processor before they were recorded";
    case LossKind::kThrottle:
      return "times the kernel stopped sampling until its next timer tick (a lower -F helps)";
    case LossKind::kNoMemoryOperand:
      return "in code that reads and writes no memory";
    case LossKind::kCodeUnreadable:
      return "in code that could not be read";
    case LossKind::kInstructionUnknown:
      return "at an instruction the decoder does not know";
    case LossKind::kOperandUnknown:
      return "in code none of whose addresses could be computed";
    case LossKind::kNoUserRegisters:
      return "for which the kernel gave no registers";
    case LossKind::kAllocationOverflow:
      return "allocation events that found no room, or came after the recorder had ended";
    case LossKind::kChannelStall:
      return "times a thread waited for the recorder to make room";
    case LossKind::kUntracedProcess:
      return "programs ran without the interposer (static, setuid or another C library): their "
             "allocations are not here";
    case LossKind::kWriteFailed:
      return "records could not be written to the trace file";
    case LossKind::kCorruptRecord:
      return "records from the kernel or the workload made no sense";
    case LossKind::kMultiplexed:
      return "ns an event had no counter, shared with other events";
    case LossKind::kNamespaceBypass:
      return "libraries were loaded in a way that bypasses the interposer (RTLD_DEEPBIND, dlmopen)";
    case LossKind::kVectorIndex:
      return "with addresses in a vector register (gather, scatter)";
    case LossKind::kSegmentBase:
      return "relative to a segment base that is not known (thread-local data)";
    case LossKind::kRegisterUnknown:
      return "by a register that had changed between the tick and the access";
    case LossKind::kNotMemory:
      return "of operations that neither load nor store";
    case LossKind::kNoDataAddress:
      return "for which the processor gave no data address";
    case LossKind::kAuxGap:
      return "times the processor had no room for samples, or they came too close together; how "
             "many were missed is not known";
  }
  return "of a kind this version does not know";
}

}  // namespace heimdallr::analysis
