#include "perf/decode.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "perf/field_reader.h"

namespace heimdallr::perf {
namespace {

constexpr std::uint16_t kMiscExactIp = PERF_RECORD_MISC_EXACT_IP;

// --- Fields of a sample, in the order of the kernel's perf_output_sample() ---

/// struct read_format within a sample (PERF_SAMPLE_READ); skipped.
void SkipRead(FieldReader& reader, std::uint64_t format) {
  const auto bit = [&](std::uint64_t flag) -> std::uint64_t { return (format & flag) != 0; };
  const std::uint64_t times =
      bit(PERF_FORMAT_TOTAL_TIME_ENABLED) + bit(PERF_FORMAT_TOTAL_TIME_RUNNING);
  const std::uint64_t words_each = 1 + bit(PERF_FORMAT_ID) + bit(PERF_FORMAT_LOST);
  if (bit(PERF_FORMAT_GROUP) == 0) {
    reader.SkipMany(times + words_each, sizeof(std::uint64_t));
    return;
  }
  const auto count = reader.Take<std::uint64_t>();
  reader.SkipMany(times, sizeof(std::uint64_t));
  reader.SkipMany(count, words_each * sizeof(std::uint64_t));
}

void TakeCallchain(FieldReader& reader, std::vector<std::uint64_t>& chain) {
  const auto count = reader.Take<std::uint64_t>();
  if (count > reader.remaining() / sizeof(std::uint64_t)) {
    reader.SkipMany(count, sizeof(std::uint64_t));
    return;
  }
  chain.resize(count);
  for (auto& address : chain) address = reader.Take<std::uint64_t>();
}

void SkipBranchStack(FieldReader& reader, std::uint64_t branch_sample_type) {
  const auto count = reader.Take<std::uint64_t>();
  if ((branch_sample_type & PERF_SAMPLE_BRANCH_HW_INDEX) != 0) reader.Skip(sizeof(std::uint64_t));
  reader.SkipMany(count, sizeof(perf_branch_entry));
#ifdef PERF_SAMPLE_BRANCH_COUNTERS
  if ((branch_sample_type & PERF_SAMPLE_BRANCH_COUNTERS) != 0) {
    reader.SkipMany(count, sizeof(std::uint64_t));
  }
#endif
}

void TakeRegisters(FieldReader& reader, std::uint64_t mask, UserRegisters& registers) {
  registers.abi = reader.Take<std::uint64_t>();
  if (registers.abi == PERF_SAMPLE_REGS_ABI_NONE) return;
  const auto count = static_cast<std::size_t>(std::popcount(mask));
  if (count > UserRegisters::kMaxRegisters) {
    reader.SkipMany(count, sizeof(std::uint64_t));
    return;
  }
  registers.mask = mask;
  for (std::size_t i = 0; i < count; ++i) registers.values[i] = reader.Take<std::uint64_t>();
}

void SkipUserStack(FieldReader& reader) {
  const auto size = reader.Take<std::uint64_t>();
  reader.Skip(size);
  if (size != 0) reader.Skip(sizeof(std::uint64_t));  // how much of it is real
}

void TakeWeight(FieldReader& reader, std::uint64_t sample_type, SampleRecord& sample) {
  if ((sample_type & PERF_SAMPLE_WEIGHT_STRUCT) == 0) {
    sample.latency_cycles = reader.Take<std::uint64_t>();
    return;
  }
  // union perf_sample_weight: its members are declared so that var1_dw is the low half of the word
  // on either byte order.
  const auto weight = reader.Take<std::uint64_t>();
  sample.latency_cycles = weight & 0xffff'ffffU;
  sample.instruction_latency_cycles = static_cast<std::uint16_t>(weight >> 32);
  sample.weight3 = static_cast<std::uint16_t>(weight >> 48);
}

void TakeTaskIds(FieldReader& reader, Origin& origin) {
  origin.pid = reader.Take<std::int32_t>();
  origin.tid = reader.Take<std::int32_t>();
}

void TakeCpu(FieldReader& reader, Origin& origin) {
  origin.cpu = reader.Take<std::uint32_t>();
  reader.Skip(sizeof(std::uint32_t));  // reserved
}

/// IDENTIFIER to PERIOD.
void TakeSampleHead(FieldReader& reader, std::uint64_t type, SampleRecord& sample) {
  const auto has = [&](std::uint64_t flag) { return (type & flag) != 0; };
  Origin& origin = sample.origin;
  if (has(PERF_SAMPLE_IDENTIFIER)) origin.event_id = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_IP)) sample.ip = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_TID)) TakeTaskIds(reader, origin);
  if (has(PERF_SAMPLE_TIME)) origin.time_ns = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_ADDR)) sample.address = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_ID)) origin.event_id = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_STREAM_ID)) reader.Skip(sizeof(std::uint64_t));
  if (has(PERF_SAMPLE_CPU)) TakeCpu(reader, origin);
  if (has(PERF_SAMPLE_PERIOD)) sample.period = reader.Take<std::uint64_t>();
}

/// READ to the user stack.
void TakeSampleContext(FieldReader& reader, const SampleLayout& layout, SampleRecord& sample) {
  const auto has = [&](std::uint64_t flag) { return (layout.sample_type & flag) != 0; };
  if (has(PERF_SAMPLE_READ)) SkipRead(reader, layout.read_format);
  if (has(PERF_SAMPLE_CALLCHAIN)) TakeCallchain(reader, sample.callchain);
  if (has(PERF_SAMPLE_RAW)) reader.Skip(reader.Take<std::uint32_t>());
  if (has(PERF_SAMPLE_BRANCH_STACK)) SkipBranchStack(reader, layout.branch_sample_type);
  if (has(PERF_SAMPLE_REGS_USER)) {
    TakeRegisters(reader, layout.user_registers, sample.user_registers);
  }
  if (has(PERF_SAMPLE_STACK_USER)) SkipUserStack(reader);
}

/// WEIGHT to AUX.
void TakeSampleMemory(FieldReader& reader, const SampleLayout& layout, SampleRecord& sample) {
  const auto has = [&](std::uint64_t flag) { return (layout.sample_type & flag) != 0; };
  if (has(PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT)) {
    TakeWeight(reader, layout.sample_type, sample);
  }
  if (has(PERF_SAMPLE_DATA_SRC)) sample.data_source = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_TRANSACTION)) reader.Skip(sizeof(std::uint64_t));
  if (has(PERF_SAMPLE_REGS_INTR)) {
    UserRegisters registers;
    TakeRegisters(reader, layout.interrupt_registers, registers);
    if (sample.user_mode && !has(PERF_SAMPLE_REGS_USER)) sample.user_registers = registers;
  }
  if (has(PERF_SAMPLE_PHYS_ADDR)) sample.physical_address = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_CGROUP)) reader.Skip(sizeof(std::uint64_t));
  if (has(PERF_SAMPLE_DATA_PAGE_SIZE)) sample.data_page_bytes = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_CODE_PAGE_SIZE)) sample.code_page_bytes = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_AUX)) reader.Skip(reader.Take<std::uint64_t>());
}

SampleRecord TakeSample(FieldReader& reader, std::uint16_t misc, const SampleLayout& layout) {
  SampleRecord sample;
  sample.user_mode = (misc & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_USER;
  sample.exact_ip = (misc & kMiscExactIp) != 0;
  TakeSampleHead(reader, layout.sample_type, sample);
  TakeSampleContext(reader, layout, sample);
  TakeSampleMemory(reader, layout, sample);
  return sample;
}

// --- Other records ---

/// The fields of struct sample_id at the end of every record but samples, with sample_id_all.
constexpr std::uint64_t kTrailerFields = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
                                         PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |
                                         PERF_SAMPLE_IDENTIFIER;

std::uint64_t TrailerBytes(const SampleLayout& layout) {
  if (!layout.sample_id_all) return 0;
  return sizeof(std::uint64_t) *
         static_cast<std::uint64_t>(std::popcount(layout.sample_type & kTrailerFields));
}

Origin TakeTrailer(FieldReader& reader, const SampleLayout& layout) {
  Origin origin;
  if (!layout.sample_id_all) return origin;
  const auto has = [&](std::uint64_t flag) { return (layout.sample_type & flag) != 0; };
  if (has(PERF_SAMPLE_TID)) TakeTaskIds(reader, origin);
  if (has(PERF_SAMPLE_TIME)) origin.time_ns = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_ID)) origin.event_id = reader.Take<std::uint64_t>();
  if (has(PERF_SAMPLE_STREAM_ID)) reader.Skip(sizeof(std::uint64_t));
  if (has(PERF_SAMPLE_CPU)) TakeCpu(reader, origin);
  if (has(PERF_SAMPLE_IDENTIFIER)) origin.event_id = reader.Take<std::uint64_t>();
  return origin;
}

void TakeFileIdentity(FieldReader& reader, std::uint16_t misc, MmapRecord& record) {
  if ((misc & PERF_RECORD_MISC_MMAP_BUILD_ID) == 0) {
    record.device_major = reader.Take<std::uint32_t>();
    record.device_minor = reader.Take<std::uint32_t>();
    record.inode = reader.Take<std::uint64_t>();
    reader.Skip(sizeof(std::uint64_t));  // generation of the inode
    return;
  }
  constexpr std::size_t kBuildIdRoom = 20;
  const std::size_t size = reader.Take<std::uint8_t>();
  reader.Skip(3);  // reserved
  const auto bytes = reader.TakeBytes(kBuildIdRoom);
  if (bytes.empty()) return;
  record.build_id.assign(reinterpret_cast<const char*>(bytes.data()), std::min(size, bytes.size()));
}

MmapRecord TakeMmap(FieldReader& reader, const RawRecord& raw) {
  MmapRecord record;
  record.pid = reader.Take<std::int32_t>();
  record.tid = reader.Take<std::int32_t>();
  record.address = reader.Take<std::uint64_t>();
  record.size = reader.Take<std::uint64_t>();
  record.offset = reader.Take<std::uint64_t>();
  record.data = (raw.misc & PERF_RECORD_MISC_MMAP_DATA) != 0;
  if (raw.type == PERF_RECORD_MMAP2) {
    TakeFileIdentity(reader, raw.misc, record);
    record.protection = reader.Take<std::uint32_t>();
    record.flags = reader.Take<std::uint32_t>();
  }
  record.path = reader.TakeString();
  return record;
}

CommRecord TakeComm(FieldReader& reader, std::uint16_t misc) {
  CommRecord record;
  record.pid = reader.Take<std::int32_t>();
  record.tid = reader.Take<std::int32_t>();
  record.exec = (misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
  record.name = reader.TakeString();
  return record;
}

template <typename T>
T TakeTask(FieldReader& reader) {
  T record;
  record.pid = reader.Take<std::int32_t>();
  record.parent_pid = reader.Take<std::int32_t>();
  record.tid = reader.Take<std::int32_t>();
  record.parent_tid = reader.Take<std::int32_t>();
  reader.Skip(sizeof(std::uint64_t));  // time, which the trailer has too
  return record;
}

LostRecord TakeLost(FieldReader& reader) {
  LostRecord record;
  record.event_id = reader.Take<std::uint64_t>();
  record.count = reader.Take<std::uint64_t>();
  return record;
}

LostSamplesRecord TakeLostSamples(FieldReader& reader) {
  LostSamplesRecord record;
  record.count = reader.Take<std::uint64_t>();
  return record;
}

ThrottleRecord TakeThrottle(FieldReader& reader, std::uint32_t type) {
  ThrottleRecord record;
  reader.Skip(sizeof(std::uint64_t));  // time, which the trailer has too
  record.event_id = reader.Take<std::uint64_t>();
  record.stream_id = reader.Take<std::uint64_t>();
  record.throttled = type == PERF_RECORD_THROTTLE;
  return record;
}

AuxRecord TakeAux(FieldReader& reader) {
  AuxRecord record;
  record.offset = reader.Take<std::uint64_t>();
  record.size = reader.Take<std::uint64_t>();
  record.flags = reader.Take<std::uint64_t>();
  return record;
}

KernelRecord TakeBody(FieldReader& reader, const RawRecord& raw, const SampleLayout& layout) {
  switch (raw.type) {
    case PERF_RECORD_SAMPLE:
      return TakeSample(reader, raw.misc, layout);
    case PERF_RECORD_MMAP:
    case PERF_RECORD_MMAP2:
      return TakeMmap(reader, raw);
    case PERF_RECORD_COMM:
      return TakeComm(reader, raw.misc);
    case PERF_RECORD_FORK:
      return TakeTask<ForkRecord>(reader);
    case PERF_RECORD_EXIT:
      return TakeTask<ExitRecord>(reader);
    case PERF_RECORD_LOST:
      return TakeLost(reader);
    case PERF_RECORD_LOST_SAMPLES:
      return TakeLostSamples(reader);
    case PERF_RECORD_THROTTLE:
    case PERF_RECORD_UNTHROTTLE:
      return TakeThrottle(reader, raw.type);
    case PERF_RECORD_AUX:
      return TakeAux(reader);
    default: {
      UnknownRecord record;
      record.type = raw.type;
      record.misc = raw.misc;
      record.size = static_cast<std::uint32_t>(raw.bytes.size());
      return record;
    }
  }
}

absl::Status CutRecord(const RawRecord& raw) {
  return absl::DataLossError(fmt::format(
      "perf record of type {} has {} bytes, fewer than its fields", raw.type, raw.bytes.size()));
}

/// Kernel record types lie below this; those above are perf's own, without a trailer.
constexpr std::uint32_t kFirstUserType = 64;

}  // namespace

SampleLayout LayoutOf(const EventDescription& event) {
  SampleLayout layout;
  layout.sample_type = event.sample_type;
  layout.read_format = event.read_format;
  layout.user_registers = event.sample_user_registers;
  layout.interrupt_registers = event.sample_interrupt_registers;
  layout.sample_id_all = event.sample_id_all;
  return layout;
}

absl::StatusOr<KernelRecord> Decode(const RawRecord& raw, const SampleLayout& layout) {
  if (raw.bytes.size() < sizeof(perf_event_header)) return CutRecord(raw);
  const auto body = raw.bytes.subspan(sizeof(perf_event_header));
  const bool has_trailer = raw.type != PERF_RECORD_SAMPLE && raw.type < kFirstUserType;
  const std::uint64_t trailer_bytes = has_trailer ? TrailerBytes(layout) : 0;
  if (trailer_bytes > body.size()) return CutRecord(raw);

  FieldReader reader(body.first(body.size() - trailer_bytes));
  KernelRecord record = TakeBody(reader, raw, layout);
  if (!reader.ok()) return CutRecord(raw);
  if (has_trailer) {
    // The trailer is found from the end, as strings before it are padded.
    FieldReader trailer(body.last(trailer_bytes));
    const Origin origin = TakeTrailer(trailer, layout);
    std::visit([&](auto& r) { r.origin = origin; }, record);
  }
  return record;
}

void Decoder::Add(std::uint64_t event_id, const SampleLayout& layout) {
  const auto place =
      std::lower_bound(layouts_.begin(), layouts_.end(), event_id,
                       [](const auto& entry, std::uint64_t id) { return entry.first < id; });
  if (place != layouts_.end() && place->first == event_id) {
    place->second = layout;
  } else {
    layouts_.insert(place, {event_id, layout});
  }
}

const SampleLayout* Decoder::Find(const RawRecord& raw) const {
  if (layouts_.size() == 1) return &layouts_.front().second;
  // IDENTIFIER is the first field of a sample and the last of other records.
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (raw.bytes.size() < sizeof(perf_event_header) + kWord) return nullptr;
  FieldReader reader(raw.type == PERF_RECORD_SAMPLE
                         ? raw.bytes.subspan(sizeof(perf_event_header), kWord)
                         : raw.bytes.last(kWord));
  const auto id = reader.Take<std::uint64_t>();
  const auto place = std::lower_bound(
      layouts_.begin(), layouts_.end(), id,
      [](const auto& entry, std::uint64_t wanted) { return entry.first < wanted; });
  return place != layouts_.end() && place->first == id ? &place->second : nullptr;
}

absl::StatusOr<KernelRecord> Decoder::Decode(const RawRecord& raw) const {
  const SampleLayout* layout = Find(raw);
  if (layout == nullptr) {
    return absl::DataLossError(
        fmt::format("perf record of type {} and {} bytes names no event known here", raw.type,
                    raw.bytes.size()));
  }
  return perf::Decode(raw, *layout);
}

}  // namespace heimdallr::perf
