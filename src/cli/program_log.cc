#include "cli/program_log.h"

#include <utility>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace heimdallr::cli {

void SetUpLog(Verbosity verbosity) {
  auto log = spdlog::stderr_logger_st("heimdallr");
  log->set_pattern("heimdallr: %v");
  using spdlog::level::level_enum;
  log->set_level(verbosity == Verbosity::kQuiet     ? level_enum::warn
                 : verbosity == Verbosity::kVerbose ? level_enum::debug
                                                    : level_enum::info);
  spdlog::set_default_logger(std::move(log));
}

}  // namespace heimdallr::cli
