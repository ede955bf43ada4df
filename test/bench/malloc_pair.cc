// Cost of one malloc + free: `malloc_pair PAIRS [THREADS [DEPTH]]` prints ns of CPU time and of
// wall time per pair. Mixed sizes in a window of live blocks; DEPTH (20) calls deep.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <vector>

namespace {

double Seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

constexpr std::size_t kWindow = 1024;

[[gnu::noinline]] void Churn(std::uint64_t pairs) {
  void* window[kWindow] = {};
  std::uint32_t random = 12345;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    random = random * 1664525 + 1013904223;
    void*& place = window[random >> 22];
    std::free(place);
    place = std::malloc(16 + (random >> 10) % 1009);
    static_cast<volatile char*>(place)[0] = 1;
  }
  for (void* block : window) std::free(block);
}

// Not inlined and not a jump: each level is a frame.
[[gnu::noinline]] void Nest(int depth, std::uint64_t pairs) {
  if (depth > 0) {
    Nest(depth - 1, pairs);
  } else {
    Churn(pairs);
  }
  asm volatile("" ::: "memory");
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t pairs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int thread_count = argc > 2 ? std::atoi(argv[2]) : 1;
  const int depth = argc > 3 ? std::atoi(argv[3]) : 20;
  const double wall = Seconds(CLOCK_MONOTONIC);
  const double cpu = Seconds(CLOCK_PROCESS_CPUTIME_ID);
  if (thread_count <= 1) {
    Nest(depth, pairs);
  } else {
    std::vector<std::thread> threads;
    for (int i = 0; i < thread_count; ++i) threads.emplace_back(Nest, depth, pairs);
    for (std::thread& thread : threads) thread.join();
  }
  const double total = static_cast<double>(pairs) * std::max(thread_count, 1);
  std::printf("cpu_ns_per_pair %.2f wall_ns_per_pair %.2f\n",
              1e9 * (Seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / total,
              1e9 * (Seconds(CLOCK_MONOTONIC) - wall) / total);
}
