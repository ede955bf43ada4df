#include "synthetic_threads.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <cmath>

namespace heimdallr::bench {
namespace {

constexpr std::uint64_t kChurnArea = 0x7e00'0000'0000;
constexpr std::uint64_t kChurnAreaBytes = std::uint64_t{1} << 36;
constexpr std::uint64_t kStartNs = 2'000'000;  // the objects that live from the start are there
constexpr std::uint64_t kPmuPeriod = 10'007;
constexpr std::uint64_t kClockPeriodNs = 999'983;
constexpr std::size_t kAccessesOfTick = 4;
constexpr std::size_t kLiveChurnBlocks = 64;

// One level of the memory system: how often it answers, after how many cycles at least and on
// average more, and how the kernel spells it.
struct Level {
  double up_to;  // share of the accesses that this level or one before it answers
  std::uint32_t least_cycles;
  double more_cycles;
  std::uint64_t data_source;
};

constexpr std::uint64_t Source(std::uint64_t level, std::uint64_t number, std::uint64_t remote) {
  return (std::uint64_t{PERF_MEM_LVL_HIT} | level) << PERF_MEM_LVL_SHIFT |
         number << PERF_MEM_LVLNUM_SHIFT | remote << PERF_MEM_REMOTE_SHIFT |
         std::uint64_t{PERF_MEM_TLB_HIT | PERF_MEM_TLB_L1} << PERF_MEM_TLB_SHIFT;
}

constexpr std::array<Level, 5> kLevels{{
    {0.60, 4, 2, Source(PERF_MEM_LVL_L1, PERF_MEM_LVLNUM_L1, 0)},
    {0.75, 13, 4, Source(PERF_MEM_LVL_L2, PERF_MEM_LVLNUM_L2, 0)},
    {0.88, 40, 15, Source(PERF_MEM_LVL_L3, PERF_MEM_LVLNUM_L3, 0)},
    {0.96, 180, 60, Source(PERF_MEM_LVL_LOC_RAM, PERF_MEM_LVLNUM_RAM, 0)},
    {1.00, 320, 120, Source(PERF_MEM_LVL_REM_RAM1, PERF_MEM_LVLNUM_RAM, PERF_MEM_REMOTE_REMOTE)},
}};

}  // namespace

SyntheticThread::SyntheticThread(const Program& program, const Workload& workload,
                                 std::size_t index)
    : program_(program),
      index_(index),
      left_(workload.accesses / kThreads + (index < workload.accesses % kThreads ? 1 : 0)),
      sampling_(workload.sampling),
      samples_per_second_(workload.accesses_per_second / kThreads),
      random_(workload.seed * 1000 + index),
      positions_(kInstructions),
      churn_address_(kChurnArea + index * kChurnAreaBytes) {
  const double seconds = static_cast<double>(workload.DurationNs()) / 1e9;
  churn_per_second_ = static_cast<double>(workload.churn) / kThreads / seconds;
  faults_per_second_ = static_cast<double>(workload.faults) / kThreads / seconds;
  if (sampling_ == Sampling::kClock) samples_per_second_ /= kAccessesOfTick;
  access_ns_ = After(kStartNs, samples_per_second_);
  if (workload.churn > 0) churn_ns_ = After(kStartNs, churn_per_second_);
  if (workload.faults > 0) fault_ns_ = After(kStartNs, faults_per_second_);
}

double SyntheticThread::Uniform() {
  return static_cast<double>(random_() >> 11) * 0x1p-53;  // 0 to before 1
}

std::uint64_t SyntheticThread::After(std::uint64_t now_ns, double per_second) {
  const double wait_ns = -std::log1p(-Uniform()) * 1e9 / per_second;
  return now_ns + 1 + static_cast<std::uint64_t>(wait_ns);
}

void SyntheticThread::RunUntil(std::uint64_t end_ns, Ticks& ticks, trace::TraceWriter& writer) {
  while (Busy()) {
    now_ns_ = std::min({access_ns_, churn_ns_, fault_ns_});
    if (now_ns_ >= end_ns) return;
    if (now_ns_ == access_ns_) {
      sampling_ == Sampling::kPmu ? Sample(ticks, writer) : Tick(ticks, writer);
      access_ns_ = After(now_ns_, samples_per_second_);
    } else if (now_ns_ == churn_ns_) {
      Churn(writer);
      churn_ns_ = After(now_ns_, churn_per_second_);
    } else {
      Fault(writer);
      fault_ns_ = After(now_ns_, faults_per_second_);
    }
  }
}

// Of the instructions whose object lives now; the earlier ones are drawn more often, so that some
// objects are hot and some are not. The objects that live all the time have most instructions.
const Instruction& SyntheticThread::PickInstruction() {
  while (true) {
    const double u = Uniform();
    const auto drawn = static_cast<std::size_t>(u * std::sqrt(u) * kInstructions);
    const Instruction& instruction = program_.instructions[drawn];
    const Object& object = program_.objects[instruction.object];
    if (object.begin_ns < now_ns_ && (object.end_ns == 0 || now_ns_ < object.end_ns)) {
      return instruction;
    }
  }
}

std::uint64_t SyntheticThread::NextAddress(const Instruction& instruction) {
  const Object& object = program_.objects[instruction.object];
  if (instruction.stride == 0) return object.address + random_() % (object.size / 8) * 8;
  // Each thread walks through its own part.
  const std::uint64_t part = object.size / kThreads / 8 * 8;
  std::uint64_t& position =
      positions_[static_cast<std::size_t>(&instruction - program_.instructions.data())];
  position += instruction.stride;
  if (position + 8 > part) position = 0;
  return object.address + index_ * part + position;
}

AccessRecord SyntheticThread::Access(const Instruction& instruction) {
  return {.time_ns = now_ns_,
          .ip = instruction.address,
          .address = NextAddress(instruction),
          .period = sampling_ == Sampling::kPmu ? kPmuPeriod : kClockPeriodNs,
          .pid = kPid,
          .tid = Program::Tid(index_),
          .cpu = static_cast<std::uint32_t>(index_),
          .size = 8,
          .stream = 1,
          .kind = instruction.kind};
}

void SyntheticThread::AddHardware(AccessRecord& record) {
  const double draw = Uniform();
  const Level& level = *std::find_if(kLevels.begin(), kLevels.end() - 1,
                                     [draw](const Level& one) { return draw < one.up_to; });
  const bool store = record.kind == AccessKind::kStore;
  record.data_source = level.data_source | (store ? PERF_MEM_OP_STORE : PERF_MEM_OP_LOAD)
                                               << PERF_MEM_OP_SHIFT;
  record.stream = store ? 2 : 1;
  if (store) return;  // as most hardware: no latency of stores
  const double more = std::log1p(-Uniform()) / std::log1p(-1 / (1 + level.more_cycles));
  record.latency_cycles = level.least_cycles + static_cast<std::uint32_t>(more);
}

void SyntheticThread::Sample(Ticks& ticks, trace::TraceWriter& writer) {
  AccessRecord record = Access(PickInstruction());
  AddHardware(record);
  // Now and then an access to a short-lived block, where there are some.
  if (!live_.empty() && random_() % 10 == 0) record.address = live_.back().address;
  record.tick = ++ticks[record.stream];
  writer.Add(record);
  --left_;
}

void SyntheticThread::Tick(Ticks& ticks, trace::TraceWriter& writer) {
  const auto first = static_cast<std::size_t>(&PickInstruction() - program_.instructions.data());
  const std::uint64_t tick = ++ticks[1];
  const std::size_t function = first / 10 * 10;  // the ten of a function are one block
  for (std::size_t i = 0; i < kAccessesOfTick && left_ > 0; ++i, --left_) {
    AccessRecord record = Access(program_.instructions[function + (first + i) % 10]);
    record.tick = tick;
    record.weight = 0.1F;
    record.direct = i == 0;
    writer.Add(record);
  }
}

void SyntheticThread::Churn(trace::TraceWriter& writer) {
  const auto add = [&](const Block& block, AllocationCall call, AllocationEvent event) {
    writer.Add(AllocationRecord{.time_ns = now_ns_++,
                                .address = block.address,
                                .size = event == AllocationEvent::kAllocate ? block.size : 0,
                                .caller = program_.churn_callers[block.site],
                                .pid = kPid,
                                .tid = Program::Tid(index_),
                                .call = call,
                                .event = event});
  };
  Block block{.size = 16 + random_() % 256 * 16, .site = random_() % kChurnSites};
  if (!free_.empty() && free_.back().size >= block.size) {
    block.address = free_.back().address;
    free_.pop_back();
  } else {
    block.address = churn_address_;
    churn_address_ += 4096 + 16;
  }
  add(block, AllocationCall::kMalloc, AllocationEvent::kAllocate);
  live_.push_back(block);
  if (live_.size() <= kLiveChurnBlocks) return;
  std::swap(live_[random_() % live_.size()], live_.back());
  add(live_.back(), AllocationCall::kFree, AllocationEvent::kDeallocate);
  Block freed = live_.back();
  freed.size = 4096 + 16;
  if (free_.size() < kLiveChurnBlocks) free_.push_back(freed);
  live_.pop_back();
}

void SyntheticThread::Fault(trace::TraceWriter& writer) {
  const Instruction& instruction = PickInstruction();
  const Object& object = program_.objects[instruction.object];
  writer.Add(FaultRecord{.time_ns = now_ns_,
                         .ip = instruction.address,
                         .address = object.address + random_() % object.size / 4096 * 4096,
                         .pid = kPid,
                         .tid = Program::Tid(index_),
                         .cpu = static_cast<std::uint32_t>(index_),
                         .stream = 3});
}

}  // namespace heimdallr::bench
