// What a process has started, and what that has started.
#pragma once

#include <sys/types.h>

#include <vector>

namespace heimdallr::sweep {

/// The living descendants of `root`, and neither `root` itself nor `except`; the descendants of
/// `except` are among them. A snapshot: more may be born while it is taken. Zombies are left out.
[[nodiscard]] std::vector<pid_t> DescendantsOf(pid_t root, pid_t except);

/// SIGKILL to all of these, until a snapshot has none or it was tried often. How many there were.
std::size_t KillDescendantsOf(pid_t root, pid_t except);

}  // namespace heimdallr::sweep
