#include "perf/open_error.h"

#include <cerrno>
#include <string>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::perf {
namespace {

/// The paranoid level up to which the kernel allows `event` to everyone
/// (kernel/events/core.c: perf_allow_kernel, perf_allow_cpu).
int HighestAllowedLevel(const EventDescription& event, Target target) {
  if (target.pid == -1) return 0;
  return event.exclude_kernel ? 2 : 1;
}

std::string AccessAdvice(const EventDescription& event, Target target, const System& system) {
  const auto level = ParanoidLevel(system);
  const int allowed = HighestAllowedLevel(event, target);
  if (!level.has_value()) {
    return "(no perf_event_paranoid below /proc/sys/kernel: perf events are switched off here)";
  }
  if (*level > allowed) {
    return fmt::format(
        "(perf_event_paranoid={}). Lower it: sysctl kernel.perf_event_paranoid={}, or grant "
        "CAP_PERFMON",
        *level, allowed);
  }
  if ((event.sample_type & PERF_SAMPLE_PHYS_ADDR) != 0) {
    return "(physical addresses need CAP_PERFMON or CAP_SYS_ADMIN)";
  }
  return fmt::format(
      "(perf_event_paranoid={} allows it, so task {} belongs to another user or a security module "
      "objects). Run as its user, or grant CAP_PERFMON and CAP_SYS_PTRACE",
      *level, target.pid);
}

std::string InvalidAdvice(const EventDescription& event, const System& system) {
  const auto limit = MaxSampleRateHz(system);
  if (event.rate.unit == SamplingRate::Unit::kFrequency && limit.has_value() &&
      event.rate.value > *limit) {
    return fmt::format(
        "({} Hz is more than perf_event_max_sample_rate={}). Ask for less, or: sysctl "
        "kernel.perf_event_max_sample_rate={}",
        event.rate.value, *limit, event.rate.value);
  }
  if (event.type == PERF_TYPE_BREAKPOINT) {
    return "(a breakpoint is for r, w, rw or x, of 1, 2, 4 or 8 bytes, at an address that is a "
           "multiple of its bytes)";
  }
  if (event.name.starts_with("ibs_op")) {
    return "(IBS takes periods that are multiples of 16, leaves nothing out before Linux 6.15, and "
           "follows one program from Linux 6.2 on)";
  }
  if (event.name.starts_with("arm_spe")) {
    return "(SPE takes a period, not a frequency)";
  }
  if (event.precise_level > 0) {
    return fmt::format("(precise level {} may be more than this event can). Ask for less",
                       event.precise_level);
  }
  return "(this kernel or processor does not know some part of the event)";
}

// A PMU of some cores is asked for on another, or there is none.
std::string NotThereAdvice(const EventDescription& event, Target target) {
  if (event.type == PERF_TYPE_SOFTWARE) return "(this kernel has no such software event)";
  if (event.type > PERF_TYPE_RAW || event.name.starts_with("cpu_")) {
    return fmt::format("(that PMU is not on CPU {}, or the kernel has taken it away)", target.cpu);
  }
  return fmt::format("(no such hardware event here: most virtual machines have no PMU). Take {}",
                     SourceWithoutPmu());
}

std::string Advice(int error_number, const EventDescription& event, Target target,
                   const System& system) {
  switch (error_number) {
    case EACCES:
      return AccessAdvice(event, target, system);
    case EPERM:
      return "(the system call itself is denied, as container runtimes do by seccomp). Allow "
             "perf_event_open, in Docker by --cap-add PERFMON or a seccomp profile";
    case EINVAL:
      return InvalidAdvice(event, system);
    case ENOENT:
      return NotThereAdvice(event, target);
    case EOPNOTSUPP:
      return event.name.starts_with("arm_spe")
                 ? "(this SPE cannot filter by that)"
                 : fmt::format(
                       "(the hardware lacks an interrupt or the precise level asked for). "
                       "Ask for a lower precise level or take {}",
                       SourceWithoutPmu());
    case ENODATA:
      return "(load latency on this processor needs the mem-loads-aux event as group leader)";
    case EMFILE:
      return "(RLIMIT_NOFILE is reached, its hard limit too: one descriptor is needed for each "
             "event and CPU). Raise it: ulimit -Hn";
    case ENFILE:
      return "(the limit of open files of the whole system is reached). Raise it: sysctl "
             "fs.file-max";
    case ESRCH:
      return fmt::format("(task {} has ended)", target.pid);
    case ENODEV:
      return "(the CPU is offline, or its PMU has no driver)";
    case EBUSY:
      return "(another program holds the PMU for itself)";
    case ENOSPC:
      return "(no counter is free)";
    case E2BIG:
      return "(the kernel is too old for some part of the event). Linux 4.1 or newer is needed";
    case ENOSYS:
      return "(this kernel is built without perf events)";
    case ENOMEM:
      return "(the kernel has no memory for it)";
    default:
      return "";
  }
}

}  // namespace

absl::Status OpenError(int error_number, const EventDescription& event, Target target,
                       const System& system) {
  const std::string where =
      target.cpu >= 0 ? fmt::format("CPU {}", target.cpu) : fmt::format("task {}", target.pid);
  absl::Status plain = base::SyscallError(
      error_number, fmt::format("cannot open '{}' on {}", EventText(event), where));
  const std::string advice = Advice(error_number, event, target, system);
  if (advice.empty()) return plain;
  // Told apart from PMUs that are not there: a task may end at any time.
  const auto code = error_number == ESRCH ? absl::StatusCode::kAborted : plain.code();
  return {code, fmt::format("{} {}", base::Message(plain), advice)};
}

}  // namespace heimdallr::perf
