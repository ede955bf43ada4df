#include "analysis/process_table.h"

#include <catch2/catch.hpp>

namespace heimdallr::analysis {
namespace {

ProcessRecord Event(std::uint64_t time_ns, std::int32_t pid, ProcessEvent event,
                    std::int32_t parent_pid = 0) {
  return {.time_ns = time_ns, .pid = pid, .parent_pid = parent_pid, .event = event};
}

TEST_CASE("ProcessTable: follows one process from start to exit") {
  ProcessTable table;
  table.Add(Event(10, 7, ProcessEvent::kStart, 1));
  ProcessRecord exec = Event(20, 7, ProcessEvent::kExec);
  exec.command = "solver";
  exec.executable = "/bin/solver";
  table.Add(exec);
  table.Add(Event(30, 7, ProcessEvent::kAttach));
  table.Add(ThreadRecord{.pid = 7, .tid = 8, .event = ThreadEvent::kStart});
  table.Add(Event(90, 7, ProcessEvent::kExit));
  const ProcessInfo* process = table.First(7);
  REQUIRE(process != nullptr);
  CHECK(process->parent_pid == 1);
  CHECK(process->command == "solver");
  CHECK(process->executable == "/bin/solver");
  CHECK(process->start_ns == 10);
  CHECK(process->exit_ns == 90);
  CHECK(process->execs == 1);
  CHECK(process->threads == 2);
  CHECK(process->attached);
}

TEST_CASE("ProcessTable: a process id used again is another process") {
  ProcessTable table;
  table.Add(Event(1, 7, ProcessEvent::kStart, 1));
  table.Add(Event(2, 7, ProcessEvent::kExit));
  table.Add(StatisticsRecord{.user_ns = 5, .pid = 7});  // may come after the exit
  table.Add(Event(3, 7, ProcessEvent::kStart, 1));
  table.Add(StatisticsRecord{.user_ns = 50, .pid = 7});
  REQUIRE(table.processes().size() == 2);
  CHECK(table.processes()[0].cpu_ns() == 5);
  CHECK(table.processes()[1].cpu_ns() == 50);
  CHECK(table.First(7) == &table.processes()[0]);
}

TEST_CASE("ProcessTable: until it executes something, a child has its parent's name") {
  ProcessTable table;
  ProcessRecord exec = Event(1, 7, ProcessEvent::kExec);
  exec.command = "sh";
  table.Add(exec);
  table.Add(Event(2, 8, ProcessEvent::kStart, 7));
  CHECK(table.Of(8).command == "sh");
}

TEST_CASE("ProcessTable: a process that renames its first thread has the new name") {
  ProcessTable table;
  table.Add(ThreadRecord{.name = "worker", .pid = 7, .tid = 9, .event = ThreadEvent::kName});
  CHECK(table.Of(7).command.empty());
  table.Add(ThreadRecord{.name = "main", .pid = 7, .tid = 7, .event = ThreadEvent::kName});
  CHECK(table.Of(7).command == "main");
}

TEST_CASE("ProcessTable: better statistics replace worse ones, not the reverse") {
  ProcessTable table;
  table.Add(StatisticsRecord{.user_ns = 1, .pid = 7, .source = StatisticsSource::kLastSeen});
  table.Add(StatisticsRecord{.user_ns = 3, .pid = 7, .source = StatisticsSource::kWait});
  table.Add(StatisticsRecord{.user_ns = 2, .pid = 7, .source = StatisticsSource::kExitReport});
  CHECK(table.Of(7).cpu_ns() == 3);
}

}  // namespace
}  // namespace heimdallr::analysis
