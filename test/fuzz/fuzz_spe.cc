// Any bytes as packets of ARM's Statistical Profiling Extension.
#include <cstddef>
#include <cstdint>
#include <span>

#include "perf/spe_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t records = 0;
  const auto counts = heimdallr::perf::DecodeSpe(std::as_bytes(std::span(data, size)),
                                                 [&](const heimdallr::perf::SpeRecord& record) {
                                                   ++records;
                                                   (void)heimdallr::perf::ToSample(record);
                                                 });
  if (counts.records != records || counts.bad_bytes > size) __builtin_trap();
  return 0;
}
