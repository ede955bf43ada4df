// Reads a trace record by record, as a user of the library does, and says what that took in CPU
// time. Sums over the records keep the compiler honest; they are printed to be compared.

#include <cstdint>
#include <cstdio>
#include <variant>

#include <fmt/format.h>

#include "base/clock.h"
#include "heimdallr/trace_reader.h"

namespace {

struct Sums {
  std::uint64_t records = 0;
  std::uint64_t accesses = 0;
  std::uint64_t latency_cycles = 0;
  std::uint64_t addresses = 0;  // modulo 2^64
};

absl::StatusOr<Sums> Read(const char* path) {
  auto reader = heimdallr::TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  Sums sums;
  while (true) {
    const auto record = reader->Next();
    if (!record.ok()) return record.status();
    if (*record == nullptr) return sums;
    ++sums.records;
    if (const auto* access = std::get_if<heimdallr::AccessRecord>(*record)) {
      ++sums.accesses;
      sums.latency_cycles += access->latency_cycles;
      sums.addresses += access->address;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: read_trace FILE\n");
    return 2;
  }
  const std::uint64_t start_ns = heimdallr::base::ProcessCpuNs();
  const auto sums = Read(argv[1]);
  const std::uint64_t cpu_ns = heimdallr::base::ProcessCpuNs() - start_ns;
  if (!sums.ok()) {
    fmt::print(stderr, "read_trace: {}\n", sums.status().ToString());
    return 1;
  }
  fmt::print("records {} accesses {} latency_cycles {} addresses {} cpu_ns {}\n", sums->records,
             sums->accesses, sums->latency_cycles, sums->addresses, cpu_ns);
  return 0;
}
