// Where a program runs and where its memory lies: set between fork and exec, inherited by all it
// starts.
#pragma once

#include <cstdint>
#include <vector>

#include <absl/status/status.h>

namespace heimdallr::process {

struct Placement {
  std::vector<std::uint32_t> cpus;  ///< to run on; empty = those of the caller
  int memory_mode = 0;              ///< MPOL_ value of set_mempolicy(2); 0 = that of the caller
  std::vector<std::uint32_t> memory_nodes;  ///< of `memory_mode`
};

/// A placement as the system calls take it, made ready before fork.
class PreparedPlacement {
 public:
  enum class Step : std::int32_t { kNone = 0, kCpus = 1, kMemory = 2 };
  struct Failure {
    Step step = Step::kNone;
    std::int32_t error = 0;  ///< errno; 0 = all is done
  };

  explicit PreparedPlacement(const Placement& placement);

  /// Places the calling thread. Allocates nothing, so that a forked child may call it.
  [[nodiscard]] Failure Apply() const;

  /// What a failure of Apply means, for people.
  [[nodiscard]] static absl::Status Explain(Failure failure);

 private:
  std::vector<unsigned long> cpus_;
  std::vector<unsigned long> nodes_;
  int memory_mode_;
};

}  // namespace heimdallr::process
