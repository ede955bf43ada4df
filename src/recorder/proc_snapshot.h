// What a process is and has mapped, from /proc: for machines where the kernel does not report it.
#pragma once

#include <cstdint>

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

class AddressSpaces;

/// Writes the executable and the mappings of a living process as they are now, stamped `time_ns`.
/// Writes less, or nothing, when the process has ended meanwhile. `spaces` is told the mappings,
/// too, as those of a new image.
void WriteProcSnapshot(std::uint64_t time_ns, std::int32_t pid, trace::TraceWriter& writer,
                       AddressSpaces& spaces);

}  // namespace heimdallr::recorder
