// Which objects the accesses of a trace go to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "heimdallr/records.h"
#include "heimdallr/trace_reader.h"

namespace heimdallr {

/// Objects that belong together: the heap blocks and mappings that one place in the code asked for,
/// a variable, the stacks, what else has one name. A row of `trace-dump objects`.
struct ObjectSite {
  /// For people, never empty: "function (file.c:12)" of the code that asked, the variable's name.
  /// As the trace has it: not checked to be UTF-8 or free of control characters.
  std::string name;
  /// "heap", "mapping", "file", "global", "section", "stack", "vdso", "allocator" or "anonymous".
  std::string type;
  /// Of "heap" and "mapping", which function the program called.
  AllocationCall call = AllocationCall::kUnknown;
  /// Of "heap" and "mapping", the code that called it; otherwise, and where not known, empty and 0.
  std::string function;
  std::string file;
  std::uint32_t line = 0;

  std::uint64_t count = 0;  ///< objects
  std::uint64_t bytes = 0;  ///< their sizes in all

  // Access records of the trace.
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t load_stores = 0;  ///< one instruction did both
  // Accesses of the program that these stand for. Of the clock source they are given as if each
  // instruction took 1 ns, so that only their ratios mean something.
  double estimated_loads = 0;
  double estimated_stores = 0;
  double time_ns = 0;  ///< CPU time that the clock source's ticks stand for; 0 without it
  std::uint64_t faults = 0;
  std::uint64_t threads = 0;                  ///< that accessed it
  std::optional<double> mean_latency_cycles;  ///< where the source measures it

  [[nodiscard]] double estimated_accesses() const { return estimated_loads + estimated_stores; }
};

struct ObjectProfile {
  std::vector<ObjectSite> sites;  ///< most estimated accesses first; those without any come last
  std::uint64_t accesses = 0;     ///< access records of the trace
  std::uint64_t unmatched_accesses = 0;  ///< of these, the ones that belong to no object
};

/// Reads all records that `reader` has still to give, which should be all, and joins the accesses
/// with the objects that lay there at the time. DataLoss where a chunk makes no sense; a recording
/// that was cut short is no error (`TraceExtent::cut`). Of a pipe, code and variables have no
/// names, as these stand at the end of a trace. Memory is bounded by the sites and the live
/// objects.
[[nodiscard]] absl::StatusOr<ObjectProfile> ProfileObjects(TraceReader& reader);

}  // namespace heimdallr
