// Exit statuses of heimdallr-heap-probe.
#pragma once

namespace heimdallr::recorder {

inline constexpr int kHeapServes = 0;
inline constexpr int kHeapHasNoBlock = 1;
inline constexpr int kHeapLibraryMissing = 2;

}  // namespace heimdallr::recorder
