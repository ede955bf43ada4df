// Reads perf.data files of `perf record`, as far as tests need it.
#pragma once

#include <linux/perf_event.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "perf/decode.h"

namespace heimdallr::perf {

struct PerfDataFile {
  SampleLayout layout;  ///< of its first event; the files used here have equal ones
  std::vector<std::byte> records;

  /// Decompresses and takes apart test/data/perf/`name`.zst. Aborts the test on any fault.
  static PerfDataFile Load(const std::string& name);

  /// Each record in order of the file.
  template <typename Visitor>
  void ForEach(Visitor&& visit) const {
    std::size_t position = 0;
    while (position + sizeof(perf_event_header) <= records.size()) {
      RawRecord raw = At(position);
      if (raw.bytes.empty()) return;
      position += raw.bytes.size();
      visit(raw);
    }
  }

 private:
  [[nodiscard]] RawRecord At(std::size_t position) const;
};

}  // namespace heimdallr::perf
