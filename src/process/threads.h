// What runs already, from /proc.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::process {

/// Ids of the threads of a process, ascending. NotFound when there is no such process.
[[nodiscard]] absl::StatusOr<std::vector<pid_t>> ThreadsOf(pid_t pid);

/// A thread below whose /proc folder the program and its memory are to be seen: the first, unless
/// it has ended before the others (pthread_exit in main).
[[nodiscard]] pid_t ThreadWithMemory(pid_t pid);

/// The kernel's short name of a thread (15 bytes at most); empty when it is gone.
[[nodiscard]] std::string ThreadName(pid_t pid, pid_t tid);

/// The words a process was started with; empty when it is gone, or shows none.
[[nodiscard]] std::vector<std::string> CommandLineOf(pid_t pid);

}  // namespace heimdallr::process
