#include "perf/open.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/syscall_error.h"

namespace heimdallr::perf {
namespace {

/// A machine whose kernel answers as the test says, with settings in a folder of its own.
class FakeMachine {
 public:
  FakeMachine()
      : root_(std::filesystem::temp_directory_path() /
              ("heimdallr-open-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(root_ / "sys/kernel");
    Set("perf_event_paranoid", "2");
    Set("perf_event_max_sample_rate", "100000");
    system.proc_root = root_.string();
    system.raise_file_limit = [] { return false; };
  }
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;
  ~FakeMachine() { std::filesystem::remove_all(root_); }

  void Set(const std::string& name, const std::string& value) const {
    std::ofstream(root_ / "sys/kernel" / name) << value << "\n";
  }

  void Answer(std::function<int(perf_event_attr&)> answer) {
    system.open_event = [this, answer](perf_event_attr& attributes, pid_t, int, int group,
                                       unsigned long flags) {
      ++calls;
      last_group = group;
      CHECK(flags == PERF_FLAG_FD_CLOEXEC);
      const int error = answer(attributes);
      return error == 0 ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : -error;
    };
  }

  std::string Refusal(int error, const EventDescription& event, Target target = {100, 3}) {
    Answer([error](perf_event_attr&) { return error; });
    const auto opened = Event::Open(event, target, system);
    REQUIRE(!opened.ok());
    return std::string(base::Message(opened.status()));
  }

  System system;
  int calls = 0;
  int last_group = 0;

 private:
  std::filesystem::path root_;
};

EventDescription Clock() { return CpuClockEvent({SamplingRate::Unit::kFrequency, 1000}); }

}  // namespace

TEST_CASE("Event::Open: gives up nothing when the kernel takes everything") {
  FakeMachine machine;
  machine.Answer([](perf_event_attr&) { return 0; });
  const auto event = Event::Open(MetadataEvent(), {100, 3}, machine.system);
  REQUIRE(event.ok());
  CHECK(event->concessions().empty());
  CHECK(machine.calls == 1);
}

TEST_CASE("Event::Open: gives up exact losses first, then build-ids") {
  FakeMachine machine;
  machine.Answer([](perf_event_attr& a) {
    return (a.read_format & PERF_FORMAT_LOST) != 0 || a.build_id != 0 ? EINVAL : 0;
  });
  const auto event = Event::Open(MetadataEvent(), {100, 3}, machine.system);
  REQUIRE(event.ok());
  CHECK(event->concessions() ==
        std::vector<Concession>{Concession::kReadLost, Concession::kBuildId});
  CHECK((event->description().read_format & PERF_FORMAT_LOST) == 0);
  CHECK(event->description().metadata.build_id == false);
  CHECK(event->description().metadata.mmap2);
}

TEST_CASE("Event::Open: falls back to the plain weight") {
  FakeMachine machine;
  machine.Answer([](perf_event_attr& a) {
    return (a.sample_type & PERF_SAMPLE_WEIGHT_STRUCT) != 0 ? EINVAL : 0;
  });
  EventDescription event = Clock();
  event.sample_type |= PERF_SAMPLE_WEIGHT_STRUCT;
  const auto opened = Event::Open(event, {100, 3}, machine.system);
  REQUIRE(opened.ok());
  CHECK((opened->description().sample_type & PERF_SAMPLE_WEIGHT) != 0);
  CHECK((opened->description().sample_type & PERF_SAMPLE_WEIGHT_STRUCT) == 0);
}

// As Sapphire Rapids: level 3 needs counter 0, which load latency cannot have; more is not there.
TEST_CASE(
    "Event::Open: goes down to the precise level that the processor has, not below the least") {
  FakeMachine machine;
  EventDescription event = Clock();
  event.precise_level = 3;
  event.least_precise_level = 1;
  std::vector<unsigned> tried;
  machine.Answer([&](perf_event_attr& a) {
    tried.push_back(a.precise_ip);
    return a.precise_ip == 3 ? EINVAL : 0;
  });
  const auto opened = Event::Open(event, {100, 3}, machine.system);
  REQUIRE(opened.ok());
  CHECK(opened->description().precise_level == 2);
  CHECK(opened->concessions().empty());
  tried.clear();
  machine.Answer([&](perf_event_attr& a) {
    tried.push_back(a.precise_ip);
    return EOPNOTSUPP;
  });
  CHECK_FALSE(Event::Open(event, {100, 3}, machine.system).ok());
  CHECK(tried == std::vector<unsigned>{3, 2, 1});
  event.least_precise_level = 3;
  tried.clear();
  CHECK_FALSE(Event::Open(event, {100, 3}, machine.system).ok());
  CHECK(tried == std::vector<unsigned>{3});
  // No other error means that a lower level would do.
  event.least_precise_level = 1;
  tried.clear();
  machine.Answer([&](perf_event_attr& a) {
    tried.push_back(a.precise_ip);
    return EACCES;
  });
  CHECK_FALSE(Event::Open(event, {100, 3}, machine.system).ok());
  CHECK(tried == std::vector<unsigned>{3});
}

TEST_CASE("Event::OpenBehind: names its leader") {
  FakeMachine machine;
  machine.Answer([](perf_event_attr&) { return 0; });
  const auto leader = Event::Open(Clock(), {100, 3}, machine.system);
  REQUIRE(leader.ok());
  CHECK(machine.last_group == -1);
  const auto member = Event::OpenBehind(*leader, Clock(), machine.system);
  REQUIRE(member.ok());
  CHECK(machine.last_group == leader->fd());
  CHECK(member->target().cpu == 3);
}

TEST_CASE("Event::Open: takes the size of a kernel that refuses a larger one") {
  FakeMachine machine;
  machine.Answer([](perf_event_attr& a) {
    if (a.size <= 112) return 0;
    a.size = 112;
    return E2BIG;
  });
  CHECK(Event::Open(Clock(), {100, 3}, machine.system).ok());
  CHECK(machine.calls == 2);
}

TEST_CASE("Event::Open: does not cut off what was asked for to fit an old kernel") {
  FakeMachine machine;
  machine.Answer([](perf_event_attr& a) {
    a.size = 72;  // without sample_regs_user
    return E2BIG;
  });
  const auto opened = Event::Open(Clock(), {100, 3}, machine.system);
  CHECK(!opened.ok());
  CHECK(machine.calls == 1);
}

TEST_CASE("Event::Open: an interrupted call is repeated") {
  FakeMachine machine;
  machine.Answer([&](perf_event_attr&) { return machine.calls < 3 ? EINTR : 0; });
  CHECK(Event::Open(Clock(), {100, 3}, machine.system).ok());
  CHECK(machine.calls == 3);
}

TEST_CASE("Event::Open: raises the limit of open files before giving up") {
  FakeMachine machine;
  bool raised = false;
  machine.system.raise_file_limit = [&] { return !std::exchange(raised, true); };
  machine.Answer([&](perf_event_attr&) { return raised ? 0 : EMFILE; });
  CHECK(Event::Open(Clock(), {100, 3}, machine.system).ok());
  CHECK_THAT(machine.Refusal(EMFILE, Clock()), Catch::Contains("ulimit -Hn"));
}

TEST_CASE("Event::Open: nothing is given up against errors that it would not help") {
  FakeMachine machine;
  const int error = GENERATE(EACCES, EPERM, ENOENT, ESRCH, EMFILE, ENODEV, EBUSY, ENOSYS);
  machine.Refusal(error, MetadataEvent());
  CHECK(machine.calls == 1);
}

TEST_CASE("Event::Open: a refusal names event, CPU, reason and remedy") {
  FakeMachine machine;
  machine.Set("perf_event_paranoid", "3");
  CHECK(machine.Refusal(EACCES, Clock()) ==
        "cannot open 'cpu-clock:u' on CPU 3: Permission denied (perf_event_paranoid=3). Lower it: "
        "sysctl kernel.perf_event_paranoid=2, or grant CAP_PERFMON");
}

TEST_CASE("Event::Open: the paranoid level advised depends on what was asked for") {
  FakeMachine machine;
  EventDescription event = Clock();
  CHECK_THAT(machine.Refusal(EACCES, event, {-1, 0}), Catch::Contains("perf_event_paranoid=0"));
  event.exclude_kernel = false;
  CHECK_THAT(machine.Refusal(EACCES, event), Catch::Contains("kernel.perf_event_paranoid=1"));
}

TEST_CASE("Event::Open: where the level allows it, access depends on the task's owner") {
  FakeMachine machine;
  CHECK_THAT(machine.Refusal(EACCES, Clock()), Catch::Contains("task 100 belongs to another user"));
  EventDescription event = Clock();
  event.sample_type |= PERF_SAMPLE_PHYS_ADDR;
  CHECK_THAT(machine.Refusal(EACCES, event), Catch::Contains("physical addresses"));
}

TEST_CASE("Event::Open: a frequency above the limit is named, and nothing is given up for it") {
  FakeMachine machine;
  machine.Set("perf_event_max_sample_rate", "12500");
  const auto event = CpuClockEvent({SamplingRate::Unit::kFrequency, 50000});
  CHECK_THAT(machine.Refusal(EINVAL, event),
             Catch::Contains("50000 Hz is more than perf_event_max_sample_rate=12500"));
  CHECK(machine.calls == 1);
}

TEST_CASE("Event::Open: each error has its own explanation") {
  FakeMachine machine;
  EventDescription hardware = Clock();
  hardware.type = PERF_TYPE_RAW;
  hardware.name = "cpu/mem-loads/";
  CHECK_THAT(machine.Refusal(ENOENT, hardware), Catch::Contains("have no PMU"));
  CHECK_THAT(machine.Refusal(ENOENT, Clock()), Catch::Contains("no such software event"));
  CHECK_THAT(machine.Refusal(ESRCH, Clock()), Catch::Contains("task 100 has ended"));
  CHECK_THAT(machine.Refusal(EPERM, Clock()), Catch::Contains("seccomp"));
  CHECK_THAT(machine.Refusal(ENODATA, hardware), Catch::Contains("mem-loads-aux"));
  CHECK_THAT(machine.Refusal(EOPNOTSUPP, hardware), Catch::Contains("precise level"));
  CHECK_THAT(machine.Refusal(ENOSYS, Clock()), Catch::Contains("without perf events"));
  CHECK_THAT(machine.Refusal(ENODEV, Clock()), Catch::Contains("offline"));
  CHECK_THAT(machine.Refusal(EBUSY, hardware), Catch::Contains("holds the PMU"));
  CHECK_THAT(machine.Refusal(ENOSPC, hardware), Catch::Contains("no counter is free"));
  CHECK_THAT(machine.Refusal(E2BIG, hardware), Catch::Contains("too old"));
  CHECK_THAT(machine.Refusal(EMFILE, hardware), Catch::Contains("ulimit -Hn"));
  CHECK_THAT(machine.Refusal(ENFILE, hardware), Catch::Contains("fs.file-max"));
  CHECK_THAT(machine.Refusal(ENOMEM, hardware), Catch::Contains("no memory"));
  hardware.precise_level = 3;
  CHECK_THAT(machine.Refusal(EINVAL, hardware), Catch::Contains("precise level 3"));
}

TEST_CASE("Event::Open: each PMU has its own reasons") {
  FakeMachine machine;
  EventDescription event = Clock();
  event.type = 10;
  event.name = "cpu_atom/mem-loads/";
  CHECK_THAT(machine.Refusal(ENOENT, event), Catch::Contains("not on CPU 3"));
  event.type = PERF_TYPE_BREAKPOINT;
  CHECK_THAT(machine.Refusal(EINVAL, event), Catch::Contains("1, 2, 4 or 8 bytes"));
  event.type = 10;
  event.name = "ibs_op/cnt_ctl=1/";
  CHECK_THAT(machine.Refusal(EINVAL, event), Catch::Contains("multiples of 16"));
  event.name = "arm_spe_0/ts_enable=1/";
  CHECK_THAT(machine.Refusal(EINVAL, event), Catch::Contains("not a frequency"));
  CHECK_THAT(machine.Refusal(EOPNOTSUPP, event), Catch::Contains("cannot filter"));
  event.sample_type |= PERF_SAMPLE_PHYS_ADDR;
  CHECK_THAT(machine.Refusal(EACCES, event), Catch::Contains("physical addresses"));
}

}  // namespace heimdallr::perf
