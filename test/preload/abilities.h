// What the machine, or what stands for it, may lack for programs to be recorded.
#pragma once

namespace heimdallr::test {

/// Whether a forked child finds pages marked MADV_WIPEONFORK zeroed. If not, says SKIPPED: children
/// by fork take themselves for their parents.
[[nodiscard]] bool ForksAreSeen();

/// Whether the installed programs are of the architecture this is built for. If not, says SKIPPED:
/// the interposer cannot be loaded into them.
[[nodiscard]] bool InstalledProgramsAreNative();

}  // namespace heimdallr::test
