#include "kernel_records.h"

#include <sys/mman.h>

#include <cstring>
#include <limits>

namespace heimdallr::synthetic {
namespace {

class Builder {
 public:
  Builder(std::uint32_t type, std::uint16_t misc) {
    Put(perf_event_header{.type = type, .misc = misc, .size = 0});
  }

  template <typename T>
  void Put(const T& value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }

  void PutText(std::string_view text) {
    for (const char c : text) Put(c);
    do Put('\0');
    while (bytes_.size() % 8 != 0);
  }

  // struct sample_id
  void PutMoment(const perf_event_attr& attributes, const Moment& moment) {
    if (attributes.sample_id_all == 0) return;
    const std::uint64_t type = attributes.sample_type;
    if ((type & PERF_SAMPLE_TID) != 0) PutTask(moment);
    if ((type & PERF_SAMPLE_TIME) != 0) Put(moment.time);
    if ((type & PERF_SAMPLE_ID) != 0) Put(moment.id);
    if ((type & PERF_SAMPLE_STREAM_ID) != 0) Put(moment.id);
    if ((type & PERF_SAMPLE_CPU) != 0) PutCpu(moment);
    if ((type & PERF_SAMPLE_IDENTIFIER) != 0) Put(moment.id);
  }

  void PutTask(const Moment& moment) {
    Put(moment.pid);
    Put(moment.tid);
  }

  void PutCpu(const Moment& moment) {
    Put(moment.cpu);
    Put(std::uint32_t{0});
  }

  Bytes Take() {
    const auto size = static_cast<std::uint16_t>(bytes_.size());
    std::memcpy(bytes_.data() + offsetof(perf_event_header, size), &size, sizeof(size));
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
};

// By number of asm/perf_regs.h, the lowest first.
void PutRegisters(std::uint64_t mask, const Registers& registers, std::uint64_t abi,
                  Builder& builder) {
  builder.Put(abi);
  for (std::size_t i = 0; i < registers.size(); ++i) {
    if ((mask >> i & 1U) != 0) builder.Put(registers[i]);
  }
}

}  // namespace

Bytes SampleBytes(const perf_event_attr& attributes, const Moment& moment,
                  const SampleValues& values) {
  Builder builder(PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER | PERF_RECORD_MISC_EXACT_IP);
  const auto has = [&](std::uint64_t bit) { return (attributes.sample_type & bit) != 0; };
  if (has(PERF_SAMPLE_IDENTIFIER)) builder.Put(moment.id);
  if (has(PERF_SAMPLE_IP)) builder.Put(values.ip);
  if (has(PERF_SAMPLE_TID)) builder.PutTask(moment);
  if (has(PERF_SAMPLE_TIME)) builder.Put(moment.time);
  if (has(PERF_SAMPLE_ADDR)) builder.Put(values.address);
  if (has(PERF_SAMPLE_ID)) builder.Put(moment.id);
  if (has(PERF_SAMPLE_STREAM_ID)) builder.Put(moment.id);
  if (has(PERF_SAMPLE_CPU)) builder.PutCpu(moment);
  if (has(PERF_SAMPLE_PERIOD)) builder.Put(values.period);
  if (has(PERF_SAMPLE_CALLCHAIN)) builder.Put(std::uint64_t{0});
  if (has(PERF_SAMPLE_REGS_USER)) {
    PutRegisters(attributes.sample_regs_user, values.interrupt_registers, values.registers_abi,
                 builder);
  }
  if (has(PERF_SAMPLE_WEIGHT_STRUCT)) {
    // union perf_sample_weight: its low half first on machines of either byte order, as a number.
    builder.Put(std::uint64_t{values.latency} | std::uint64_t{values.instruction_latency} << 32);
  } else if (has(PERF_SAMPLE_WEIGHT)) {
    builder.Put(std::uint64_t{values.latency});
  }
  if (has(PERF_SAMPLE_DATA_SRC)) builder.Put(values.data_source);
  if (has(PERF_SAMPLE_REGS_INTR)) {
    PutRegisters(attributes.sample_regs_intr, values.registers, values.registers_abi, builder);
  }
  if (has(PERF_SAMPLE_PHYS_ADDR)) builder.Put(std::uint64_t{0});
  if (has(PERF_SAMPLE_DATA_PAGE_SIZE)) builder.Put(std::uint64_t{4096});
  return builder.Take();
}

Bytes CommBytes(const perf_event_attr& attributes, const Moment& moment, bool exec,
                std::string_view name) {
  Builder builder(PERF_RECORD_COMM, exec ? PERF_RECORD_MISC_COMM_EXEC : 0);
  builder.PutTask(moment);
  builder.PutText(name);
  builder.PutMoment(attributes, moment);
  return builder.Take();
}

Bytes Mmap2Bytes(const perf_event_attr& attributes, const Moment& moment,
                 const MappingValues& values) {
  Builder builder(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER);
  builder.PutTask(moment);
  builder.Put(values.address);
  builder.Put(values.size);
  builder.Put(values.offset);
  builder.Put(std::uint32_t{0});  // device
  builder.Put(std::uint32_t{0});
  builder.Put(std::uint64_t{0});  // inode
  builder.Put(std::uint64_t{0});  // its generation
  builder.Put(values.protection);
  builder.Put(std::uint32_t{MAP_PRIVATE});
  builder.PutText(values.name);
  builder.PutMoment(attributes, moment);
  return builder.Take();
}

Bytes TaskBytes(std::uint32_t type, const perf_event_attr& attributes, const Moment& moment,
                std::int32_t parent) {
  Builder builder(type, 0);
  builder.Put(moment.pid);
  builder.Put(parent);
  builder.Put(moment.tid);
  builder.Put(parent);
  builder.Put(moment.time);
  builder.PutMoment(attributes, moment);
  return builder.Take();
}

Bytes SwitchBytes(const perf_event_attr& attributes, const Moment& moment, std::uint16_t misc) {
  Builder builder(PERF_RECORD_SWITCH, misc);
  builder.PutMoment(attributes, moment);
  return builder.Take();
}

Bytes WordsBytes(std::uint32_t type, const perf_event_attr& attributes, const Moment& moment,
                 const std::vector<std::uint64_t>& words) {
  Builder builder(type, 0);
  for (const std::uint64_t word : words) builder.Put(word);
  builder.PutMoment(attributes, moment);
  return builder.Take();
}

}  // namespace heimdallr::synthetic
