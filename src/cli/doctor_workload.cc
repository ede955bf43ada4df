#include "cli/doctor_workload.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <ctime>
#include <fstream>

namespace heimdallr::cli {
namespace {

std::uint64_t CpuNs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

int RunDoctorWorkload(const std::string& path) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t size = kDoctorPages * page;
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, size, MADV_NOHUGEPAGE);  // a fault for each page
  auto* const first = static_cast<volatile std::uint64_t*>(memory);
  const std::size_t words = size / sizeof(*first);
  std::ofstream(path) << reinterpret_cast<std::uintptr_t>(first) << " "
                      << reinterpret_cast<std::uintptr_t>(first + words) << "\n";
  // A page that is read first is touched twice: the zeros that all share come first.
  for (std::size_t i = 0; i < words; i += page / sizeof(*first)) first[i] = 1;
  const std::uint64_t end_ns = CpuNs() + kDoctorCpuNs;
  while (CpuNs() < end_ns) {
    for (std::size_t i = 0; i < words; ++i) first[i] = first[i] + 1;
  }
  return 0;
}

}  // namespace heimdallr::cli
