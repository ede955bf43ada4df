// What `heimdallr doctor` found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor_trial.h"
#include "recorder/check_up.h"

namespace heimdallr::cli {

struct DoctorFindings {
  recorder::CheckUp machine;
  std::vector<Trial> trials;  ///< of the sources, best first

  /// The source that `--source auto` takes: the first that gives accesses; empty = none does.
  [[nodiscard]] std::string taken() const;
};

[[nodiscard]] std::string DoctorText(const DoctorFindings& findings);
/// One object, with a line break at its end.
[[nodiscard]] std::string DoctorJson(const DoctorFindings& findings);

}  // namespace heimdallr::cli
