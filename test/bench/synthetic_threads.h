// What the threads of the made-up program do, each as a stream of records in order of time.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "synthetic_program.h"
#include "trace/trace_writer.h"

namespace heimdallr::bench {

/// What takes the samples: a PMU that gives one access with latency and data source, or clock ticks
/// of which block replay makes four accesses with weights.
enum class Sampling { kPmu, kClock };

struct Workload {
  std::uint64_t accesses = 0;        ///< records of all threads together
  std::uint64_t churn = 0;           ///< pairs of malloc and free of short-lived small blocks
  std::uint64_t faults = 0;          ///< page faults
  double accesses_per_second = 8e4;  ///< of all threads together
  Sampling sampling = Sampling::kPmu;
  std::uint64_t seed = 1;

  [[nodiscard]] std::uint64_t DurationNs() const {
    return static_cast<std::uint64_t>(static_cast<double>(accesses) / accesses_per_second * 1e9) +
           10'000'000;
  }
};

/// Numbers of the samples of each stream, shared by the threads; index 0 is not used.
using Ticks = std::array<std::uint64_t, 4>;

/// One thread. Its accesses come at exponentially distributed distances.
class SyntheticThread {
 public:
  /// `program` outlives it.
  SyntheticThread(const Program& program, const Workload& workload, std::size_t index);

  /// Has accesses to make. It ends with the last one.
  [[nodiscard]] bool Busy() const { return left_ > 0; }
  /// Writes what the thread does before `end_ns`.
  void RunUntil(std::uint64_t end_ns, Ticks& ticks, trace::TraceWriter& writer);

 private:
  /// A short-lived block: its address and where it came from.
  struct Block {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::size_t site = 0;
  };

  void Sample(Ticks& ticks, trace::TraceWriter& writer);
  void Tick(Ticks& ticks, trace::TraceWriter& writer);
  void Churn(trace::TraceWriter& writer);
  void Fault(trace::TraceWriter& writer);
  [[nodiscard]] const Instruction& PickInstruction();
  [[nodiscard]] std::uint64_t NextAddress(const Instruction& instruction);
  [[nodiscard]] AccessRecord Access(const Instruction& instruction);
  void AddHardware(AccessRecord& record);
  [[nodiscard]] std::uint64_t After(std::uint64_t now_ns, double per_second);
  [[nodiscard]] double Uniform();

  const Program& program_;
  std::size_t index_;
  std::uint64_t left_;  ///< access records still to be made
  Sampling sampling_;
  double samples_per_second_;
  double churn_per_second_;
  double faults_per_second_;
  std::mt19937_64 random_;
  std::uint64_t access_ns_;
  std::uint64_t churn_ns_ = UINT64_MAX;
  std::uint64_t fault_ns_ = UINT64_MAX;
  std::uint64_t now_ns_ = 0;
  std::vector<std::uint64_t> positions_;  ///< of the strided instructions, in their objects
  std::vector<Block> live_;
  std::vector<Block> free_;
  std::uint64_t churn_address_;
};

}  // namespace heimdallr::bench
