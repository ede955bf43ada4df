#include "perf/open.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/syscall_error.h"
#include "perf/open_error.h"

namespace heimdallr::perf {
namespace {

/// Takes a feature out of `event`; false when it is not in it.
bool Concede(Concession concession, EventDescription& event) {
  switch (concession) {
    case Concession::kReadLost:
      if ((event.read_format & PERF_FORMAT_LOST) == 0) return false;
      event.read_format &= ~std::uint64_t{PERF_FORMAT_LOST};
      return true;
    case Concession::kBuildId:
      return std::exchange(event.metadata.build_id, false);
    case Concession::kWeightStruct:
      if ((event.sample_type & PERF_SAMPLE_WEIGHT_STRUCT) == 0) return false;
      event.sample_type &= ~std::uint64_t{PERF_SAMPLE_WEIGHT_STRUCT};
      event.sample_type |= PERF_SAMPLE_WEIGHT;
      return true;
    case Concession::kExcludeGuest:
      return std::exchange(event.exclude_guest, false);
    case Concession::kClock:
      if (!event.clock.has_value()) return false;
      event.clock.reset();
      return true;
  }
  return false;
}

/// Newest feature first: what an older kernel lacks most likely, and what costs least to miss.
constexpr std::array kConcessionOrder = {Concession::kReadLost, Concession::kBuildId,
                                         Concession::kWeightStruct, Concession::kExcludeGuest,
                                         Concession::kClock};

bool TooFrequent(const EventDescription& event, const System& system) {
  if (event.rate.unit != SamplingRate::Unit::kFrequency) return false;
  const auto limit = MaxSampleRateHz(system);
  return limit.has_value() && event.rate.value > *limit;
}

/// Whether nothing is asked for in the bytes of `attributes` from `size` on.
bool ZeroFrom(const perf_event_attr& attributes, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(&attributes, 1)).subspan(size);
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// One attempt with its mechanical retries: descriptor or -errno.
int TryOpen(const EventDescription& event, Target target, int group, const System& system) {
  perf_event_attr attributes = ToAttributes(event);
  bool sized = false;
  while (true) {
    const int fd =
        system.open_event(attributes, target.pid, target.cpu, group, PERF_FLAG_FD_CLOEXEC);
    if (fd == -EINTR) continue;
    if (fd == -EMFILE && system.raise_file_limit && system.raise_file_limit()) continue;
    // E2BIG writes back the size that is known. Sandboxes refuse a larger one even when its tail is
    // zero. Where the tail asks for something, cutting it would open another event than described.
    if (fd == -E2BIG && !std::exchange(sized, true) && attributes.size >= PERF_ATTR_SIZE_VER0 &&
        attributes.size < sizeof(attributes) && ZeroFrom(attributes, attributes.size)) {
      continue;
    }
    return fd;
  }
}

struct Attempt {
  EventDescription event;  // with what was given up taken out
  std::vector<Concession> concessions;
  int result = 0;  // descriptor or -errno
};

// With less and less of what an older kernel does not know.
Attempt TryWithConcessions(const EventDescription& event, Target target, int group,
                           const System& system) {
  Attempt attempt{.event = event};
  attempt.result = TryOpen(attempt.event, target, group, system);
  for (const Concession concession : kConcessionOrder) {
    // EINVAL alone says that a field is not known; giving things up helps against nothing else.
    if (attempt.result != -EINVAL || TooFrequent(attempt.event, system)) break;
    if (!Concede(concession, attempt.event)) continue;
    attempt.concessions.push_back(concession);
    attempt.result = TryOpen(attempt.event, target, group, system);
  }
  return attempt;
}

}  // namespace

std::string_view ToText(Concession concession) {
  switch (concession) {
    case Concession::kReadLost:
      return "exact loss counts (PERF_FORMAT_LOST, Linux 6.0)";
    case Concession::kBuildId:
      return "build-ids of mappings (Linux 5.12)";
    case Concession::kWeightStruct:
      return "detailed latencies (PERF_SAMPLE_WEIGHT_STRUCT, Linux 5.12)";
    case Concession::kExcludeGuest:
      return "exclusion of virtual machines";
    case Concession::kClock:
      return "times of CLOCK_MONOTONIC";
  }
  return "";
}

Event::Event(base::UniqueFd fd, Target target, EventDescription description,
             std::vector<Concession> concessions, const System& system)
    : system_(&system),
      fd_(std::move(fd)),
      target_(target),
      description_(std::move(description)),
      concessions_(std::move(concessions)) {
  // Kernels before 3.12 do not know this request; the id is then 0, as documented.
  const auto id = reinterpret_cast<std::uintptr_t>(&id_);
  if (system.control(fd_.get(), PERF_EVENT_IOC_ID, id) != 0) id_ = 0;
}

absl::StatusOr<Event> Event::Open(const EventDescription& description, Target target,
                                  const System& system) {
  return OpenIn(-1, description, target, system);
}

absl::StatusOr<Event> Event::OpenBehind(const Event& leader, const EventDescription& description,
                                        const System& system) {
  return OpenIn(leader.fd(), description, leader.target(), system);
}

// More than the processor has is EOPNOTSUPP; a level that no free counter can do is EINVAL, as is
// what the kernel does not know.
absl::StatusOr<Event> Event::OpenIn(int group, const EventDescription& description, Target target,
                                    const System& system) {
  EventDescription event = description;
  Attempt attempt = TryWithConcessions(event, target, group, system);
  while (event.precise_level > event.least_precise_level &&
         (attempt.result == -EINVAL || attempt.result == -EOPNOTSUPP)) {
    --event.precise_level;
    attempt = TryWithConcessions(event, target, group, system);
  }
  if (attempt.result < 0) return OpenError(-attempt.result, description, target, system);
  return Event(base::UniqueFd(attempt.result), target, std::move(attempt.event),
               std::move(attempt.concessions), system);
}

absl::Status Event::Control(unsigned long request, std::uintptr_t argument,
                            std::string_view verb) const {
  const int result = system_->control(fd_.get(), request, argument);
  if (result == 0) return absl::OkStatus();
  return base::SyscallError(
      -result, fmt::format("cannot {} '{}' on CPU {}", verb, EventText(description_), target_.cpu));
}

absl::Status Event::Enable() { return Control(PERF_EVENT_IOC_ENABLE, 0, "start"); }

absl::Status Event::Disable() { return Control(PERF_EVENT_IOC_DISABLE, 0, "stop"); }

absl::Status Event::SetRate(std::uint64_t value) {
  auto status = Control(PERF_EVENT_IOC_PERIOD, reinterpret_cast<std::uintptr_t>(&value),
                        "change the rate of");
  if (status.ok()) description_.rate.value = value;
  return status;
}

absl::Status Event::RedirectTo(const Event& other) {
  return Control(PERF_EVENT_IOC_SET_OUTPUT, static_cast<std::uintptr_t>(other.fd()), "redirect");
}

absl::StatusOr<EventCount> Event::ReadCount() const {
  std::array<std::uint64_t, 5> words{};
  const std::ptrdiff_t size = system_->read_count(fd_.get(), words);
  if (size < 0) {
    return base::SyscallError(static_cast<int>(-size), fmt::format("cannot read the count of '{}'",
                                                                   EventText(description_)));
  }
  // struct read_format of perf_event_open(2): fields not asked for are not there.
  std::size_t next = 0;
  EventCount count;
  const auto take = [&](std::uint64_t bit, std::uint64_t& into) {
    if ((description_.read_format & bit) != 0) into = words[next++];
  };
  std::uint64_t id = 0;
  count.value = words[next++];
  take(PERF_FORMAT_TOTAL_TIME_ENABLED, count.time_enabled_ns);
  take(PERF_FORMAT_TOTAL_TIME_RUNNING, count.time_running_ns);
  take(PERF_FORMAT_ID, id);
  take(PERF_FORMAT_LOST, count.lost);
  if (static_cast<std::size_t>(size) < next * sizeof(words[0])) {
    return absl::DataLossError(fmt::format("the count of '{}' has {} bytes, expected {}",
                                           EventText(description_), size, next * sizeof(words[0])));
  }
  return count;
}

}  // namespace heimdallr::perf
