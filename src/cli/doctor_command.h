// `heimdallr doctor`.
#pragma once

#include <string>
#include <vector>

#include "cli/command_description.h"

namespace heimdallr::cli {

inline constexpr char kDoctorPurpose[] =
    "Say what can be sampled here, and what to do if nothing can";

/// Exit status: 0 if accesses can be sampled, 1 if not, 125 if that could not be found out.
int DoctorMain(const std::vector<std::string>& arguments);

[[nodiscard]] CommandDescription DescribeDoctorCommand();

}  // namespace heimdallr::cli
