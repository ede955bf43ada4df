// Cost of one memkind_malloc + memkind_free, without anything in front: `memkind_pair KIND PAIRS`,
// where KIND is regular, default or pmem=FOLDER. The same work as malloc_pair does.
#include <memkind.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

constexpr std::size_t kWindow = 1024;

[[gnu::noinline]] void Churn(memkind_t kind, std::uint64_t pairs) {
  void* window[kWindow] = {};
  std::uint32_t random = 12345;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    random = random * 1664525 + 1013904223;
    void*& place = window[random >> 22];
    if (place != nullptr) memkind_free(kind, place);
    place = memkind_malloc(kind, 16 + (random >> 10) % 1009);
    static_cast<volatile char*>(place)[0] = 1;
  }
  for (void* block : window) {
    if (block != nullptr) memkind_free(kind, block);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  memkind_t kind = nullptr;
  if (std::strncmp(argv[1], "pmem=", 5) == 0) {
    if (memkind_create_pmem(argv[1] + 5, 0, &kind) != 0) return 1;
  } else {
    kind = std::strcmp(argv[1], "default") == 0 ? MEMKIND_DEFAULT : MEMKIND_REGULAR;
  }
  const std::uint64_t pairs = std::strtoull(argv[2], nullptr, 10);
  memkind_free(kind, memkind_malloc(kind, 16));
  const double wall = Seconds(CLOCK_MONOTONIC);
  const double cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  Churn(kind, pairs);
  const auto total = static_cast<double>(pairs);
  std::printf("cpu_ns_per_pair %.2f wall_ns_per_pair %.2f\n",
              1e9 * (Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / total,
              1e9 * (Seconds(CLOCK_MONOTONIC) - wall) / total);
}
