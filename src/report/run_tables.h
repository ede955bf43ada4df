// The tables of a run: processes, groups, objects, code, allocation sites, ...
#pragma once

#include "report/json_text.h"
#include "report/run_picture.h"
#include "report/run_plan.h"

namespace heimdallr::report {

/// Writes members of the object RUN of README.md, tables as columns. Texts are added to the plan's
/// strings.
void AppendTables(RunPlan& plan, const RunPicture& picture, JsonText& json);

}  // namespace heimdallr::report
