// An opened event: a descriptor of perf_event_open(2) and what can be done with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "base/unique_fd.h"
#include "perf/event.h"
#include "perf/system.h"

namespace heimdallr::perf {

/// What an event follows: a process or thread (-1 = all) on a CPU (-1 = any). A ring of an
/// inherited event needs a CPU, so sample a process by one event for each CPU.
struct Target {
  pid_t pid = 0;
  int cpu = -1;
};

/// Something that was asked for and that this kernel does not have.
enum class Concession : std::uint8_t {
  kReadLost,      ///< PERF_FORMAT_LOST (Linux 6.0): losses are known from LOST records alone
  kBuildId,       ///< build-ids in MMAP2 (5.12): inodes instead
  kWeightStruct,  ///< PERF_SAMPLE_WEIGHT_STRUCT (5.12): PERF_SAMPLE_WEIGHT instead
  kExcludeGuest,  ///< exclude_guest: samples of virtual machines may be among the others
  kClock,         ///< clockid: times are of the kernel's perf clock
};

[[nodiscard]] std::string_view ToText(Concession concession);

struct EventCount {
  std::uint64_t value = 0;            ///< events; of cpu-clock: ns
  std::uint64_t time_enabled_ns = 0;  ///< 0 unless asked for by `read_format`
  std::uint64_t time_running_ns = 0;  ///< less than enabled: the event was multiplexed; 0 as above
  std::uint64_t lost = 0;             ///< samples the kernel found no room for; 0 as above
};

/// Owns the descriptor. Its children by `inherit` count into it.
class Event {
 public:
  /// Opens, giving up what the kernel does not know, one by one, and precise levels that it does
  /// not have, one by one. Errors name the event, the CPU, the reason and the remedy:
  /// PermissionDenied, NotFound (no such PMU), Aborted (the task has ended), InvalidArgument,
  /// ResourceExhausted (descriptors) and others by errno. `system` outlives the event.
  [[nodiscard]] static absl::StatusOr<Event> Open(const EventDescription& description,
                                                  Target target,
                                                  const System& system = RealSystem());
  /// The same as a member of the group of `leader`, which is of the same target and `inherit`.
  [[nodiscard]] static absl::StatusOr<Event> OpenBehind(const Event& leader,
                                                        const EventDescription& description,
                                                        const System& system = RealSystem());

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// The number that PERF_SAMPLE_IDENTIFIER puts into records; 0 when the kernel did not say.
  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] Target target() const { return target_; }
  /// As opened, concessions applied.
  [[nodiscard]] const EventDescription& description() const { return description_; }
  [[nodiscard]] const std::vector<Concession>& concessions() const { return concessions_; }

  /// Starts or stops counting and sampling, in inherited copies too; no effect on an event that is
  /// so already. Errors are those of ioctl(2) by errno.
  absl::Status Enable();
  absl::Status Disable();
  /// A new period or frequency, in the unit of description().rate. The kernel gives it to this
  /// event and to children made from now on; copies that running threads inherited keep theirs. As
  /// the kernel swaps equal contexts between threads, either rate may then appear on any of them:
  /// trust the period in each sample.
  absl::Status SetRate(std::uint64_t value);
  /// Writes records into the ring of `other`, which is of the same CPU and clock and has been
  /// mapped; this one must not have been.
  absl::Status RedirectTo(const Event& other);
  /// The count so far with that of inherited copies. `value` is always there; the others are 0
  /// unless description().read_format has PERF_FORMAT_TOTAL_TIME_ENABLED, _TOTAL_TIME_RUNNING or
  /// _LOST. PERF_FORMAT_GROUP must not be in it. Errors of read(2) by errno; DataLoss when the
  /// kernel gave fewer bytes than the format has.
  [[nodiscard]] absl::StatusOr<EventCount> ReadCount() const;

 private:
  [[nodiscard]] static absl::StatusOr<Event> OpenIn(int group, const EventDescription& description,
                                                    Target target, const System& system);
  Event(base::UniqueFd fd, Target target, EventDescription description,
        std::vector<Concession> concessions, const System& system);
  absl::Status Control(unsigned long request, std::uintptr_t argument, std::string_view verb) const;

  const System* system_;
  base::UniqueFd fd_;
  Target target_;
  std::uint64_t id_ = 0;
  EventDescription description_;
  std::vector<Concession> concessions_;
};

}  // namespace heimdallr::perf
