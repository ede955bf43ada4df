// What tests need of the machine, and what stands for it may lack: an emulator of one process knows
// neither other processes nor all calls of the kernel. Each says SKIPPED, with the reason, if it is
// not there.
#pragma once

namespace heimdallr::test {

/// Whether a forked child finds pages marked MADV_WIPEONFORK zeroed. If not, children by fork take
/// themselves for their parents.
[[nodiscard]] bool ForksAreSeen();

/// Whether the installed programs are of the architecture this is built for. If not, nothing can be
/// loaded into them.
[[nodiscard]] bool InstalledProgramsAreNative();

/// Whether process_vm_readv(2) reads memory, here of this process.
[[nodiscard]] bool MemoryIsReadable();

/// Whether /proc describes processes by what they run.
[[nodiscard]] bool ProcessesAreSeen();

/// Whether a process can inherit the orphans of its descendants (PR_SET_CHILD_SUBREAPER).
[[nodiscard]] bool OrphansAreInherited();

/// Whether get_mempolicy(2) answers, without which memkind has no memory to give.
[[nodiscard]] bool MemoryPoliciesAreThere();
/// The same without a word.
[[nodiscard]] bool AnswersMemoryPolicies();

}  // namespace heimdallr::test
