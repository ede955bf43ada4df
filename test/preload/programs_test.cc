// Programs nobody here wrote, under the interposer: they end and print as without it.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

#include "abilities.h"
#include "channel/clock_sync.h"
#include "recorded_run.h"

using heimdallr::test::InstalledProgramsAreNative;
using heimdallr::test::Run;
using heimdallr::test::RunOptions;
using heimdallr::test::RunResult;

namespace {

bool Installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

void CheckProgram(const std::string& program, const std::vector<std::string>& command,
                  const std::string& preload_after = "") {
  if (!InstalledProgramsAreNative()) return;
  if (!Installed(program)) {
    WARN("SKIPPED: " << program << " is not installed");
    return;
  }
  RunOptions plain;
  plain.interposed = false;
  const RunResult expected = Run(command, plain);
  REQUIRE(expected.status == 0);
  for (const std::uint32_t stack_depth : {0U, 16U}) {
    RunOptions options;
    options.channel.clock = heimdallr::channel::BestClock();
    options.channel.stack_depth = stack_depth;
    options.preload_after = preload_after;
    const RunResult result = Run(command, options);
    INFO(program << ", stacks of " << stack_depth);
    CHECK(result.status == 0);
    CHECK(result.output == expected.output);
    CHECK(result.totals.events > 20);
    CHECK(result.totals.corrupt == 0);
    CHECK(result.totals.dropped == 0);
    CHECK(result.unknown_stacks == 0);
    CHECK(result.totals.owners == result.gone);
  }
}

}  // namespace

TEST_CASE("Programs: python3") {
  CheckProgram("python3", {"python3", "-c",
                           "import json, subprocess, threading\n"
                           "x = [bytes(1000) for _ in range(10**5)]\n"
                           "t = [threading.Thread(target=lambda: json.dumps(list(range(10000))))"
                           " for _ in range(8)]\n"
                           "[a.start() for a in t]; [a.join() for a in t]\n"
                           "print(len(x), subprocess.check_output(['echo', 'child']))"});
}

TEST_CASE("Programs: gcc compiles a source file") {
  CheckProgram("gcc", {"sh", "-c",
                       "printf '#include <stdio.h>\\nint main(void){puts(\"x\");return 0;}' |"
                       " gcc -O2 -x c -S -o - -"});
}

TEST_CASE("Programs: bash with pipelines and subshells") {
  CheckProgram("bash",
               {"bash", "-c",
                "for i in 1 2 3 4 5; do seq 1 1000 | sort -R | (sort -n; echo $i) | tail -2 | "
                "cat; done; x=$(echo inner $(echo most)); echo $x"});
}

TEST_CASE("Programs: perl") {
  CheckProgram("perl", {"perl", "-e",
                        "my %h; $h{$_ % 977} .= $_ for 1..100000; print scalar(keys %h), "
                        "length(join('', map { $h{$_} } sort keys %h)), \"\\n\""});
}

TEST_CASE("Programs: node") {
  CheckProgram("node", {"node", "-e",
                        "let a=[];for(let i=0;i<100000;i++)a.push(Buffer.alloc(100));"
                        "console.log(a.length)"});
}

TEST_CASE("Programs: java") {
  CheckProgram("java", {"sh", "-c", "java -version 2>/dev/null; echo $?"});
}

TEST_CASE("Programs: git, sqlite3 and xz") {
  CheckProgram("git", {"git", "--version"});
  CheckProgram("sqlite3", {"sqlite3", ":memory:",
                           "with recursive c(x) as (select 1 union all select x+1 from c limit "
                           "100000) select sum(x*x) from c;"});
  CheckProgram("xz", {"sh", "-c", "seq 1 100000 | xz -T2 | xz -d | md5sum"});
}

TEST_CASE("Programs: another allocator behind the interposer") {
  bool any = false;
  for (const char* library : {"libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libmimalloc.so.2"}) {
    const std::string present = "ldconfig -p | grep -q " + std::string(library);
    if (std::system(present.c_str()) != 0) continue;
    any = true;
    INFO(library);
    CheckProgram("python3", {"python3", "-c", "print(len([bytes(1000) for _ in range(10**5)]))"},
                 std::string(":") + library);
  }
  if (!any) WARN("SKIPPED: neither jemalloc nor tcmalloc nor mimalloc is installed");
}
