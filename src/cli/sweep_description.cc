#include "cli/sweep_description.h"

#include <memory>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace heimdallr::cli {
namespace {

constexpr std::string_view kUsage =
    R"(heimdallr sweep [options] OUTDIR REPETITIONS WORKLOAD...
       heimdallr sweep [options] --plan FILE [OUTDIR]
       heimdallr sweep [options] --resume OUTDIR)";

constexpr std::string_view kDescription =
    R"(Records workloads in several modes, many times each. Modes come one after the other; inside
a mode workloads and repetitions are shuffled, so that what drifts hits all alike. Without a
plan the modes are "dry", which only times the workload, and "1000hz". Each WORKLOAD is one
argument, split as a shell does but not expanded.)";

constexpr std::string_view kFooter =
    R"(OUTDIR/WORKLOAD.MODE/N.htrace is the trace of repetition N, N.out and N.err beside it are what
the workload wrote; its standard input is empty. OUTDIR/sweep.json says what was run, where,
with which versions, and how each run ended: done, failed (another exit status than planned),
crashed (by a signal), timed-out, or not-recorded. What a run leaves running is ended. Nothing
that has a result is ever replaced; a sweep that was interrupted goes on with --resume, which
repeats only what was interrupted or not recorded.

Examples:
  heimdallr sweep out 5 './solver small.dat' './solver large.dat'
  heimdallr sweep --seed 42 --timeout 600 --plan plan.toml out
  heimdallr sweep --plan plan.toml --list-plan
  heimdallr sweep --resume out
  trace-dump stat out

Exit status: 0 if all runs are done; 1 if some are not; 125 if the sweep could not be run;
128+N if signal N ended it.)";

class Usage : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return fmt::format("Usage: {}\n", kUsage);
  }
  // The usage line says all there is to say about them.
  std::string make_positionals(const CLI::App* /*app*/) const override { return {}; }
};

}  // namespace

void DescribeSweep(CLI::App& app) {
  app.name("heimdallr sweep");
  app.description(std::string(kDescription));
  app.formatter(std::make_shared<Usage>());
  app.footer(std::string(kFooter));
}

std::string SweepUsageHint() {
  const std::string_view first = kUsage.substr(0, kUsage.find('\n'));
  return fmt::format("Usage: {} (--help lists the options)\n", first);
}

}  // namespace heimdallr::cli
