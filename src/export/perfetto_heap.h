// The heap profile in a Perfetto trace.
#pragma once

#include "export/perfetto_packets.h"
#include "export/stack_profile.h"

namespace heimdallr::exports {

/// For each process, what each call stack allocated from the heap and has freed; at `timestamp_ns`,
/// boot time.
void WriteHeapProfile(StackProfile& stacks, std::uint64_t timestamp_ns, PerfettoPackets& packets);

}  // namespace heimdallr::exports
