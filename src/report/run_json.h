// A run as the page has it.
#pragma once

#include <string>

#include "report/json_text.h"
#include "report/run_picture.h"
#include "report/run_plan.h"

namespace heimdallr::report {

/// Writes the object RUN of README.md. Texts are added to the plan's strings.
void AppendRun(RunPlan& plan, const RunPicture& picture, JsonText& json);

}  // namespace heimdallr::report
