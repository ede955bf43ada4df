// Whole files of perf, damaged in any way, through the importer into a trace that nobody keeps.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "import/import_perf_data.h"

namespace {

// A file in memory, used again for each input.
const std::string& PathOf(const std::uint8_t* data, std::size_t size) {
  static const int fd = memfd_create("perf.data", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) {
    __builtin_trap();
  }
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto counts = heimdallr::imports::ImportPerfData(
      {.input = PathOf(data, size), .output = "/dev/null", .replace = true});
  if (!counts.ok()) return 0;
  // Every sample is an access, a fault, or counted.
  if (counts->samples !=
      counts->accesses + counts->faults + counts->not_memory + counts->no_address) {
    __builtin_trap();
  }
  return 0;
}
