// A recording of a program whose accesses are known, made to see whether a source works here.
#pragma once

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

namespace heimdallr::cli {

struct Trial {
  std::string source;             ///< as --source takes it
  std::string problem;            ///< why it cannot be had; empty = it can
  std::uint64_t records = 0;      ///< accesses, or page faults
  std::uint64_t in_buffer = 0;    ///< of them, in the known buffer
  std::uint64_t ticks = 0;        ///< samples that gave accesses
  double asked_hz = 0;            ///< 0 = not a rate
  double reached_hz = 0;          ///< samples a second of user CPU time, those without access too
  std::uint64_t lost = 0;         ///< samples
  std::uint64_t allocations = 0;  ///< events of the interposer

  [[nodiscard]] bool works() const { return problem.empty() && in_buffer != 0; }
};

/// Runs this program as a recorder of its own known workload, with `--source=SOURCE`, in a folder
/// of its own below `scratch`. An error means that nothing could be tried at all.
[[nodiscard]] absl::StatusOr<Trial> TrySource(const std::string& source,
                                              const std::string& scratch);

}  // namespace heimdallr::cli
