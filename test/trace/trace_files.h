// Traces made and read for tests.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"
#include "heimdallr/trace_header.h"
#include "heimdallr/trace_reader.h"
#include "trace/trace_writer.h"

namespace heimdallr::trace {

/// A header with every field set.
TraceHeader FullHeader();

/// Makes records of every kind, with every field random. Times of each thread go up.
class RandomRecords {
 public:
  explicit RandomRecords(std::uint32_t seed) : random_(seed) {}
  /// The next, a little later than the one before.
  Record Next();

 private:
  std::uint64_t Bits(int most);
  std::int32_t Pid() { return 1000 + static_cast<std::int32_t>(random_() % 3); }
  Record Access();
  Record Allocation();
  Record Rare();

  std::mt19937_64 random_;
  std::uint64_t time_ns_ = 5;
  std::uint64_t tick_ = 0;
};

/// Field by field, as text; equal texts mean equal records.
std::string ToText(const Record& record);

/// Modules with code, inlined code, data; a process with code of its own.
Symbols ExampleSymbols();

/// Everything in them, a line a symbol.
std::string ToText(const Symbols& symbols);

/// Gives a record of any kind to the writer.
void AddTo(TraceWriter& writer, const Record& record);

/// What a trace gives.
struct ReadTrace {
  TraceHeader header;
  std::vector<std::string> records;  ///< ToText of each, in order
  std::vector<std::uint64_t> times_ns;
  TraceExtent extent;
  absl::Status status;  ///< of Open, or what ended the records
  std::optional<RecorderStatistics> statistics;
  std::string early_symbols;  ///< ToText of the symbols before the first record
  std::string symbols;        ///< after the last
};
ReadTrace Read(const std::string& path);

}  // namespace heimdallr::trace
