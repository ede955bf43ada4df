#include "perf/spe_decoder.h"

#include <linux/perf_event.h>

#include <algorithm>

namespace heimdallr::perf {
namespace {

constexpr unsigned kAddressBits = 56;

// Addresses have 56 bits; the byte above is a tag, or what the record says beside.
std::uint64_t SignExtended(std::uint64_t payload) {
  const auto shifted = static_cast<std::int64_t>(payload << (64 - kAddressBits));
  return static_cast<std::uint64_t>(shifted >> (64 - kAddressBits));
}

void TakeAddress(const SpePacket& packet, SpeRecord& record) {
  switch (static_cast<SpeAddress>(packet.index)) {
    case SpeAddress::kInstruction:
      record.ip = SignExtended(packet.payload);
      record.exception_level = static_cast<std::uint8_t>(packet.payload >> 61 & 3U);
      break;
    case SpeAddress::kVirtual:
      record.address = SignExtended(packet.payload);
      break;
    case SpeAddress::kPhysical:
      record.physical_address = packet.payload & ((std::uint64_t{1} << kAddressBits) - 1);
      break;
    default:
      break;
  }
}

void TakeCounter(const SpePacket& packet, SpeRecord& record) {
  const auto cycles = static_cast<std::uint32_t>(packet.payload);
  switch (static_cast<SpeCounter>(packet.index)) {
    case SpeCounter::kTotal:
      record.total_cycles = cycles;
      break;
    case SpeCounter::kIssue:
      record.issue_cycles = cycles;
      break;
    case SpeCounter::kTranslation:
      record.translation_cycles = cycles;
      break;
    default:
      break;
  }
}

void TakeOperation(const SpePacket& packet, SpeRecord& record) {
  if (static_cast<SpeOperation>(packet.index) != SpeOperation::kLoadStore) return;
  constexpr std::uint64_t kStore = 1U << 0;
  constexpr std::uint64_t kAtomicBits = 0xe2;  // subclass "extended": atomic or exclusive
  constexpr std::uint64_t kAtomic = 1U << 2;
  const bool atomic = (packet.payload & kAtomicBits) == 0x02 && (packet.payload & kAtomic) != 0;
  record.stores = (packet.payload & kStore) != 0 || atomic;
  record.loads = (packet.payload & kStore) == 0 || atomic;
}

void Take(const SpePacket& packet, SpeRecord& record) {
  switch (packet.kind) {
    case SpePacketKind::kAddress:
      TakeAddress(packet, record);
      break;
    case SpePacketKind::kCounter:
      TakeCounter(packet, record);
      break;
    case SpePacketKind::kOperation:
      TakeOperation(packet, record);
      break;
    case SpePacketKind::kEvents:
      record.events = packet.payload;
      break;
    case SpePacketKind::kDataSource:
      record.data_source = static_cast<std::uint16_t>(packet.payload);
      break;
    case SpePacketKind::kContext:
      record.context = static_cast<std::uint32_t>(packet.payload);
      break;
    case SpePacketKind::kTimestamp:
      record.timestamp = packet.payload;
      break;
    default:
      break;
  }
}

std::uint64_t OperationOf(const SpeRecord& record) {
  std::uint64_t operation = record.loads ? PERF_MEM_OP_LOAD : 0;
  if (record.stores) operation |= PERF_MEM_OP_STORE;
  return operation == 0 ? PERF_MEM_OP_NA : operation;
}

// The level that was asked last, and whether it had the data.
std::uint64_t LevelOf(std::uint64_t events) {
  const auto has = [events](std::uint64_t bits) { return (events & bits) != 0; };
  std::uint64_t level = 0;
  if (has(kSpeLastLevelAccess | kSpeLastLevelMiss)) {
    level = PERF_MEM_LVL_L3 | (has(kSpeLastLevelMiss) ? PERF_MEM_LVL_MISS : PERF_MEM_LVL_HIT);
  } else if (has(kSpeL1Access | kSpeL1Refill)) {
    level = PERF_MEM_LVL_L1 | (has(kSpeL1Refill) ? PERF_MEM_LVL_MISS : PERF_MEM_LVL_HIT);
  }
  if (has(kSpeRemoteAccess)) level |= PERF_MEM_LVL_REM_CCE1;
  return level == 0 ? PERF_MEM_LVL_NA : level;
}

std::uint64_t TranslationOf(std::uint64_t events) {
  if ((events & (kSpeTlbAccess | kSpeTlbWalk)) == 0) return PERF_MEM_TLB_NA;
  return PERF_MEM_TLB_WK | ((events & kSpeTlbWalk) != 0 ? PERF_MEM_TLB_MISS : PERF_MEM_TLB_HIT);
}

}  // namespace

SampleRecord ToSample(const SpeRecord& record) {
  SampleRecord sample;
  sample.ip = record.ip;
  sample.address = record.address;
  sample.physical_address = record.physical_address;
  sample.latency_cycles = record.total_cycles;
  sample.user_mode = record.exception_level == 0;
  sample.exact_ip = true;
  sample.data_source = OperationOf(record) << PERF_MEM_OP_SHIFT |
                       LevelOf(record.events) << PERF_MEM_LVL_SHIFT |
                       TranslationOf(record.events) << PERF_MEM_TLB_SHIFT |
                       std::uint64_t{PERF_MEM_SNOOP_NA} << PERF_MEM_SNOOP_SHIFT |
                       std::uint64_t{PERF_MEM_LOCK_NA} << PERF_MEM_LOCK_SHIFT;
  return sample;
}

SpeCounts DecodeSpe(std::span<const std::byte> bytes,
                    const std::function<void(const SpeRecord&)>& sink) {
  SpeCounts counts;
  SpeRecord record;
  bool began = false;
  bool damaged = false;
  while (!bytes.empty()) {
    const auto packet = FirstSpePacket(bytes);
    if (!packet) {
      ++counts.bad_bytes;
      damaged = true;
      bytes = bytes.subspan(1);
      continue;
    }
    bytes = bytes.subspan(packet->size);
    if (packet->kind == SpePacketKind::kPadding) continue;
    Take(*packet, record);
    const bool ends =
        packet->kind == SpePacketKind::kEnd || packet->kind == SpePacketKind::kTimestamp;
    began |= !ends;
    if (!ends) continue;
    if (began && !damaged) {
      ++counts.records;
      sink(record);
    }
    record = {};
    began = damaged = false;
  }
  return counts;
}

}  // namespace heimdallr::perf
