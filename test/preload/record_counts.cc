// `preload-counts [--stacks N] [--ring N] COMMAND...`: runs COMMAND under the interposer with a
// reader of every record, and says what came. For looking at one program, and for the benchmark.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "channel/clock_sync.h"
#include "recorded_run.h"

int main(int argc, char** argv) {
  namespace test = heimdallr::test;
  test::RunOptions options;
  options.channel.clock = heimdallr::channel::BestClock();
  int next = 1;
  for (; next + 1 < argc && argv[next][0] == '-'; next += 2) {
    const std::string_view name = argv[next];
    const auto value = static_cast<std::uint32_t>(std::strtoul(argv[next + 1], nullptr, 10));
    if (name == "--stacks") options.channel.stack_depth = value;
    if (name == "--ring") options.channel.ring_records = value;
    if (name == "--native") options.interposed = value == 0;
  }
  const test::RunResult result =
      test::Run(std::vector<std::string>(argv + next, argv + argc), options);
  std::fputs(result.output.c_str(), stdout);
  const auto& totals = result.totals;
  std::printf(
      "events %llu owners %llu processes %zu stalls %llu stall_ms %.1f dropped %llu corrupt %llu "
      "stacks %zu unknown_stacks %llu\n",
      static_cast<unsigned long long>(totals.events),
      static_cast<unsigned long long>(totals.owners), result.processes.size(),
      static_cast<unsigned long long>(totals.stalls), static_cast<double>(totals.stall_ns) / 1e6,
      static_cast<unsigned long long>(totals.dropped),
      static_cast<unsigned long long>(totals.corrupt), result.stacks.size(),
      static_cast<unsigned long long>(result.unknown_stacks));
  return WIFEXITED(result.status) ? WEXITSTATUS(result.status) : 128 + WTERMSIG(result.status);
}
