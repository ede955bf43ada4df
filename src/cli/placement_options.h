// The options of `heimdallr` that say where memory comes from and where programs run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <absl/status/statusor.h>

#include "recorder/options.h"

namespace heimdallr::cli {

/// As the option parser fills them.
struct PlacementTexts {
  std::optional<std::string> memory;
  std::optional<std::uint32_t> mem_node;
  std::optional<std::uint32_t> cpu_node;
  std::string recorder_cpus;
  bool memory_fallback = false;
  std::string memory_fork = "privatise";
};

/// The parser fills `texts`, which must outlive it.
void AddPlacementOptions(CLI::App& app, PlacementTexts& texts);

/// What earlier versions read from the environment: HEIMDALLR_PMEMDIR and HEIMDALLR_PMEMSIZE. Empty
/// = not set.
struct EarlierVariables {
  std::string pmem_folder;
  std::string pmem_size;
};
[[nodiscard]] EarlierVariables ReadEarlierVariables();

/// InvalidArgument when a text is none of those allowed. `earlier` stands for `--memory pmem:...`
/// when no memory is asked for, and gives what `--memory pmem` leaves out.
[[nodiscard]] absl::StatusOr<recorder::PlacementOptions> ReadPlacement(
    const PlacementTexts& texts, const EarlierVariables& earlier);

}  // namespace heimdallr::cli
