// Records of ARM's Statistical Profiling Extension: what one sampled operation did.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "perf/records.h"
#include "perf/spe_packet.h"

namespace heimdallr::perf {

struct SpeRecord {
  std::uint64_t ip = 0;       ///< 64 bits, sign-extended
  std::uint64_t address = 0;  ///< of the data; 0 = none. Its tag (the top byte) is taken off
  std::uint64_t physical_address = 0;  ///< 0 = not recorded
  std::uint64_t timestamp = 0;         ///< counts of the generic timer; 0 = not recorded
  std::uint64_t events = 0;            ///< kSpe... bits
  std::uint32_t total_cycles = 0;
  std::uint32_t issue_cycles = 0;
  std::uint32_t translation_cycles = 0;
  std::uint32_t context = 0;      ///< CONTEXTIDR, where the kernel keeps the process id; 0 = none
  std::uint16_t data_source = 0;  ///< as the processor's manual numbers them
  std::uint8_t exception_level = 0;
  bool loads = false;
  bool stores = false;  ///< with `loads`: an atomic operation
};

/// The sample as the other processors' are: `perf_mem_data_src` made of events and operation.
[[nodiscard]] SampleRecord ToSample(const SpeRecord& record);

struct SpeCounts {
  std::uint64_t records = 0;
  std::uint64_t bad_bytes = 0;  ///< that begin no packet
};

/// Calls `sink` for each record of `bytes`, which begin and end between records. A record that is
/// cut or has a damaged packet in it is left out; its bytes from the damage on are counted.
SpeCounts DecodeSpe(std::span<const std::byte> bytes,
                    const std::function<void(const SpeRecord&)>& sink);

}  // namespace heimdallr::perf
