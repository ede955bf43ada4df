#include "recorder/process_tracker.h"

#include <catch2/catch.hpp>

#include "recorder/address_spaces.h"
#include "recorder/loss_ledger.h"
#include "written_trace.h"

namespace heimdallr::recorder {
namespace {

using Interposer = ProcessTracker::Interposer;
using KernelReports = ProcessTracker::KernelReports;

// Ids beyond pid_max, so that nothing of them is found in /proc.
constexpr std::int32_t kParent = 0x7fff0001;
constexpr std::int32_t kChild = 0x7fff0002;

struct Fixture {
  WrittenTrace trace;
  LossLedger losses;
  AddressSpaces spaces;
  ProcessTracker tracker{trace.writer(), losses, spaces, Interposer::kExpected,
                         KernelReports::kYes};
};

}  // namespace

TEST_CASE("ProcessTracker: an exec is written with the first file mapped after it") {
  Fixture f;
  f.tracker.OnFirstProcess(0, kParent, 1);
  f.tracker.OnExec(10, kParent, "solver");
  f.tracker.OnFileMapped(kParent, "/bin/solver", "\x12\x34");
  f.tracker.OnFileMapped(kParent, "/lib/ld.so", "");
  const auto records = f.trace.Read<ProcessRecord>();
  REQUIRE(records.size() == 2);
  CHECK(records[1].event == ProcessEvent::kExec);
  CHECK(records[1].time_ns == 10);
  CHECK(records[1].command == "solver");
  CHECK(records[1].executable == "/bin/solver");
  CHECK(records[1].build_id == "\x12\x34");
}

TEST_CASE("ProcessTracker: a process ends with its last thread") {
  Fixture f;
  f.tracker.OnFirstProcess(0, kParent, 1);
  f.tracker.OnFork(5, kParent, kParent + 50, kParent);
  CHECK(f.tracker.OnThreadExit(6, kParent, kParent) == ProcessTracker::Remains::kThreads);
  CHECK(f.tracker.OnThreadExit(9, kParent, kParent + 50) == ProcessTracker::Remains::kNone);
  const auto records = f.trace.Read<ProcessRecord>();
  REQUIRE(records.size() == 2);
  CHECK(records[1].event == ProcessEvent::kExit);
  CHECK(records[1].time_ns == 9);
}

TEST_CASE("ProcessTracker: an image whose interposer never reports in is counted untraced") {
  Fixture f;
  f.tracker.OnFirstProcess(0, kParent, 1);
  f.tracker.OnExec(10, kParent, "a");  // attaches
  f.tracker.OnAttach(11, kParent);
  f.tracker.OnExec(20, kParent, "b");  // does not
  f.tracker.OnThreadExit(30, kParent, kParent);
  CHECK(f.losses.total(LossKind::kUntracedProcess) == 1);
}

TEST_CASE("ProcessTracker: an attach heard of before its exec counts for the new image") {
  Fixture f;
  f.tracker.OnFirstProcess(0, kParent, 1);
  f.tracker.OnAttach(11, kParent);  // the channel is ahead of the kernel's records
  f.tracker.OnExec(10, kParent, "a");
  f.tracker.OnThreadExit(30, kParent, kParent);
  CHECK(f.losses.total(LossKind::kUntracedProcess) == 0);
}

TEST_CASE("ProcessTracker: a forked child that never execs needs no report of its own") {
  Fixture f;
  f.tracker.OnFirstProcess(0, kParent, 1);
  f.tracker.OnFork(5, kChild, kChild, kParent);
  f.tracker.OnThreadExit(6, kChild, kChild);
  CHECK(f.losses.total(LossKind::kUntracedProcess) == 0);
  CHECK(f.tracker.processes() == 2);
}

TEST_CASE("ProcessTracker: the exit report becomes the statistics, with the wall time between") {
  Fixture f;
  f.tracker.OnFirstProcess(0, kParent, 1);
  f.tracker.OnFork(1000, kChild, kChild, kParent);
  f.tracker.OnExitReport({.time_ns = 4000,
                          .user_ns = 7,
                          .pid = kChild,
                          .exit_code = 3,
                          .source = StatisticsSource::kExitReport});
  f.tracker.OnThreadExit(5000, kChild, kChild);
  const auto records = f.trace.Read<StatisticsRecord>();
  REQUIRE(records.size() == 1);
  CHECK(records[0].pid == kChild);
  CHECK(records[0].wall_ns == 4000);
  CHECK(records[0].user_ns == 7);
  CHECK(records[0].exit_code == 3);
  CHECK(records[0].source == StatisticsSource::kExitReport);
}

TEST_CASE("ProcessTracker: without the kernel's reports a process ends with its exit report") {
  WrittenTrace trace;
  LossLedger losses;
  AddressSpaces spaces;
  ProcessTracker tracker(trace.writer(), losses, spaces, Interposer::kExpected, KernelReports::kNo);
  tracker.OnAttach(10, kChild);
  tracker.OnExitReport({.time_ns = 40, .pid = kChild, .exit_code = 0});
  tracker.Finish(100);
  CHECK(tracker.still_running() == 0);
  const auto records = trace.Read<ProcessRecord>();
  CHECK(records.back().event == ProcessEvent::kExit);
}

TEST_CASE("LossLedger: equal reasons make one record between flushes, and totals go on") {
  WrittenTrace trace;
  LossLedger losses;
  losses.Count(LossKind::kNoMemoryOperand, 2, {.pid = 5, .tid = 6, .stream = 1});
  losses.Count(LossKind::kNoMemoryOperand, 3, {.pid = 5, .tid = 6, .stream = 1});
  losses.Count(LossKind::kThrottle, 0);
  losses.Flush(10, trace.writer());
  losses.Count(LossKind::kNoMemoryOperand, 1, {.pid = 5, .tid = 6, .stream = 1});
  losses.Flush(20, trace.writer());
  const auto records = trace.Read<LossRecord>();
  REQUIRE(records.size() == 2);
  CHECK(records[0].count == 5);
  CHECK(records[0].pid == 5);
  CHECK(records[0].tid == 6);
  CHECK(records[0].stream == 1);
  CHECK(records[1].count == 1);
  CHECK(losses.total(LossKind::kNoMemoryOperand) == 6);
}

}  // namespace heimdallr::recorder
