// The parts of placement.h that place the recorder and what is its own.
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/syscall_error.h"
#include "base/unique_fd.h"
#include "channel/channel.h"
#include "recorder/placement.h"

namespace heimdallr::recorder {

absl::Status RunOn(const std::vector<std::uint32_t>& cpus) {
  const auto failure = process::PreparedPlacement({.cpus = cpus}).Apply();
  if (failure.error == 0) return absl::OkStatus();
  return base::SyscallError(failure.error, "cannot run the recorder on the processors asked for");
}

// A policy that is set for a mapping of shared memory belongs to that memory, whoever touches it
// (mempolicy(7), "VMA Policy" in the kernel's numa_memory_policy.rst); it outlives the mapping.
absl::Status KeepOutOfPolicies(const channel::Channel& channel) {
  const auto failed = [] {
    return base::SyscallError(errno, "the channel's memory falls under the workload's policy");
  };
  const base::UniqueFd file(open(channel.path().c_str(), O_RDWR | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0) return failed();
  const auto bytes = static_cast<std::size_t>(status.st_size);
  void* const mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (mapped == MAP_FAILED) return failed();
  const long done = syscall(SYS_mbind, mapped, bytes, MPOL_LOCAL, nullptr, 0UL, 0U);
  const int error = errno;
  munmap(mapped, bytes);
  errno = error;
  return done == 0 ? absl::OkStatus() : failed();
}

}  // namespace heimdallr::recorder
