// The kernel's side of sampling, without a kernel: opens events as a played machine's kernel would,
// and writes into their rings what its hardware would tell of a stream of operations.
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped_region.h"
#include "base/unique_fd.h"
#include "kernel_records.h"
#include "played_machine.h"
#include "recorder/machine.h"

namespace heimdallr::synthetic {

class SyntheticKernel {
 public:
  /// Whether the program waits until its ring has room, or goes on as hardware does.
  enum class WhenFull { kWait, kLose };

  explicit SyntheticKernel(PlayedMachine played);
  SyntheticKernel(const SyntheticKernel&) = delete;
  SyntheticKernel& operator=(const SyntheticKernel&) = delete;
  ~SyntheticKernel();

  [[nodiscard]] const recorder::Machine& machine() const { return machine_; }
  [[nodiscard]] const std::vector<OpenCall>& opened() const { return opened_; }

  /// Refuses attributes before the played machine is asked, as older kernels do: an errno, or 0.
  std::function<int(perf_event_attr&)> older_kernel;

  // ---- What happens to the program; from another thread than the recorder's ----

  [[nodiscard]] static std::int32_t TidOf(std::int32_t pid, int thread);
  /// Of the task that events were opened for.
  [[nodiscard]] std::int32_t pid() const;
  /// Its exec, a mapping for data at `heap` and the birth of a second thread.
  void Begin(std::uint64_t heap, std::uint64_t heap_bytes);
  /// A mapping of code.
  void MapCode(std::uint64_t address, std::uint64_t size, std::uint64_t offset,
               std::string_view path);
  /// Samples the operation; returns its time of CLOCK_MONOTONIC.
  std::uint64_t Execute(const Operation& operation, WhenFull when_full);
  /// A record of this type with these words as its body, in the ring of a CPU.
  void Write(std::uint32_t type, std::uint32_t cpu, const std::vector<std::uint64_t>& words);
  /// These bytes as they are.
  void WriteRaw(std::uint32_t cpu, const Bytes& bytes);
  /// Of ARM: the area is full, or two samples came at once: PERF_AUX_FLAG_*.
  void Disturb(std::uint32_t cpu, std::uint64_t aux_flags);
  /// Of ARM: the kernel tells of what the processor has written so far.
  void Interrupt(std::uint32_t cpu);
  /// Until the recorder has switched on what is off on a CPU.
  void WaitUntilOn(std::uint32_t cpu);
  /// Threads leave their CPUs.
  void End();

  /// Records that found no room, and how many of them were samples.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] std::uint64_t lost_samples() const { return lost_samples_; }

 private:
  struct Event;
  struct Ring;

  int Open(perf_event_attr& attributes, pid_t pid, int cpu, int group);
  int Control(int fd, unsigned long request, std::uintptr_t argument);
  std::ptrdiff_t ReadCount(int fd, std::span<std::uint64_t> words);
  absl::StatusOr<base::MappedRegion> Map(int fd, std::size_t bytes, std::uint64_t offset,
                                         std::string_view what);

  [[nodiscard]] Event* Find(int fd);
  [[nodiscard]] Event* MetadataOn(std::uint32_t cpu);
  [[nodiscard]] Moment MomentOf(const Event& event, std::uint64_t monotonic_ns, int thread) const;
  [[nodiscard]] bool IsOn(const Event& event) const;
  void WriteRecord(Event& event, const Bytes& bytes, std::uint64_t now);
  void WaitForRoom(std::uint32_t cpu);
  std::uint64_t ExecuteSpe(Event& event, const Operation& operation, std::uint64_t now);
  void SwitchSpe(Event& owner, int thread, std::uint64_t now);
  void FlushSpe(Event& event, std::uint64_t now);

  PlayedMachine played_;
  std::filesystem::path sys_root_;
  recorder::Machine machine_;
  mutable std::mutex mutex_;  // recorder and program
  std::map<int, std::unique_ptr<Event>> events_;
  std::vector<OpenCall> opened_;
  std::uint64_t next_id_ = 1000;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_samples_ = 0;
};

/// The counter of played machines: 2.1 counts a nanosecond of CLOCK_MONOTONIC, from a start of its
/// own.
[[nodiscard]] std::uint64_t CounterAt(std::uint64_t monotonic_ns);

}  // namespace heimdallr::synthetic
