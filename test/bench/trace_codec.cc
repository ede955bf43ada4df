// What a record costs in a trace: time to write and to read it, and bytes in the file.
//
// The records are made like those of real programs: allocations as a loop of malloc and free with a
// few callers and mixed sizes; accesses as strided and random ones over a few arrays, several of
// one clock tick. A window of them that fits the caches is used again and again, each time a little
// later. Times are CPU time of this process, of the fastest of nine runs, as others on the machine
// only ever make them longer; the file is on /dev/shm, which costs memory copies only.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "heimdallr/records.h"
#include "heimdallr/trace_reader.h"
#include "trace/block_builders.h"
#include "trace/block_decoder.h"
#include "trace/trace_writer.h"

namespace heimdallr {
namespace {

constexpr std::size_t kWindow = 32 * 1024;
constexpr std::size_t kPasses = 128;
constexpr std::size_t kRecords = kWindow * kPasses;
constexpr int kThreads = 8;
constexpr int kRuns = 9;
constexpr std::size_t kBatch = 512;  // records of a thread that come one after the other

[[noreturn]] void Fail(const absl::Status& status) {
  fmt::print(stderr, "{}\n", status.ToString());
  std::exit(1);
}

std::vector<AllocationRecord> Allocations() {
  std::mt19937_64 random(7);
  std::vector<AllocationRecord> records;
  records.reserve(kWindow);
  std::array<std::uint64_t, kThreads> time_ns{};
  std::array<std::vector<std::uint64_t>, kThreads> live;
  while (records.size() < kWindow) {
    const auto thread = (records.size() / kBatch) % kThreads;
    std::uint64_t& now = time_ns[thread];
    now += 20 + random() % 200;
    AllocationRecord record{.time_ns = now, .pid = 100, .tid = static_cast<std::int32_t>(thread)};
    if (live[thread].size() > 100 && random() % 2 == 0) {
      const auto place = random() % live[thread].size();
      record.address = live[thread][place];
      record.caller = 0x55d0'0000'2000 + random() % 40 * 64;
      record.call = AllocationCall::kFree;
      record.event = AllocationEvent::kDeallocate;
      live[thread][place] = live[thread].back();
      live[thread].pop_back();
    } else {
      record.address = 0x7f00'0000'0000 + (thread << 30) + random() % 65536 * 16;
      record.size = 8 + random() % 64 * 8;
      record.caller = 0x55d0'0000'1000 + random() % 40 * 64;
      record.call = AllocationCall::kMalloc;
      live[thread].push_back(record.address);
    }
    records.push_back(record);
  }
  return records;
}

std::vector<AccessRecord> Accesses() {
  std::mt19937_64 random(8);
  std::vector<AccessRecord> records;
  records.reserve(kWindow);
  std::array<std::uint64_t, kThreads> time_ns{};
  std::array<std::uint64_t, kThreads> step{};
  std::uint64_t tick = 0;
  while (records.size() < kWindow) {
    const auto thread = (records.size() / kBatch) % kThreads;
    time_ns[thread] += 950'000 + random() % 100'000;
    ++tick;
    const auto block = random() % 20;
    for (std::uint64_t i = 0; i < 4; ++i) {
      step[thread] += 4096;
      const std::uint64_t offset = i < 2 ? step[thread] : random() % (1U << 30);
      records.push_back({.time_ns = time_ns[thread],
                         .ip = 0x55d0'0000'1000 + block * 128 + i * 7,
                         .address = 0x7f00'0000'0000 + ((block % 5) << 32) + offset,
                         .tick = tick,
                         .weight = 0.125F,
                         .pid = 100,
                         .tid = static_cast<std::int32_t>(thread),
                         .cpu = static_cast<std::uint32_t>(thread),
                         .size = 8,
                         .stream = 1,
                         .kind = i == 3 ? AccessKind::kStore : AccessKind::kLoad,
                         .direct = i == 0});
    }
  }
  records.resize(kWindow);
  return records;
}

template <typename Run>
double FastestNs(Run run) {
  std::array<double, kRuns> ns{};
  for (double& one : ns) {
    const std::uint64_t start = base::ProcessCpuNs();
    run();
    one = static_cast<double>(base::ProcessCpuNs() - start) / static_cast<double>(kRecords);
  }
  return *std::min_element(ns.begin(), ns.end());
}

std::uint64_t& Tick(AccessRecord& record) { return record.tick; }
std::uint64_t& Tick(AllocationRecord& record) {
  static std::uint64_t none;
  static_cast<void>(record);
  return none;
}

/// The window as it is in pass number `pass`.
template <typename T>
class Passes {
 public:
  explicit Passes(std::vector<T> window) : window_(std::move(window)) {
    for (const T& record : window_) span_ns_ = std::max(span_ns_, record.time_ns + 1);
  }
  [[nodiscard]] std::uint64_t end_ns() const { return pass_ * span_ns_; }
  /// Starts with pass 1.
  void Next() { ++pass_; }
  void Restart() { pass_ = 0; }
  template <typename Use>
  void ForEach(Use use) {
    for (T record : window_) {
      record.time_ns += (pass_ - 1) * span_ns_;
      Tick(record) += (pass_ - 1) * kWindow;
      use(record);
    }
  }
  /// Those of one thread, as they are in the first pass.
  [[nodiscard]] std::vector<T> OfThread(std::int32_t tid) const {
    std::vector<T> some;
    for (const T& record : window_) {
      if (record.tid == tid) some.push_back(record);
    }
    return some;
  }
  /// What making the records of all passes takes, in ns for each.
  [[nodiscard]] double OwnNs();

 private:
  std::vector<T> window_;
  std::uint64_t span_ns_ = 0;
  std::uint64_t pass_ = 0;
};

template <typename T>
double Passes<T>::OwnNs() {
  return FastestNs([&] {
    Restart();
    for (std::size_t i = 0; i < kPasses; ++i) {
      Next();
      ForEach([](const T& record) { asm volatile("" : : "r"(&record) : "memory"); });
    }
  });
}

template <typename T>
void Write(const std::string& path, Passes<T>& passes, trace::Compression compression) {
  auto writer =
      trace::TraceWriter::Create(path, TraceHeader{}, compression, trace::Overwrite::kReplace);
  if (!writer.ok()) Fail(writer.status());
  passes.Restart();
  for (std::size_t i = 0; i < kPasses; ++i) {
    passes.Next();
    passes.ForEach([&](const T& record) { writer->Add(record); });
    if (!writer->RoundIsFull()) continue;
    if (auto status = writer->EndRound(passes.end_ns()); !status.ok()) Fail(status);
  }
  if (auto status = writer->Finish({}); !status.ok()) Fail(status);
}

void Read(const std::string& path) {
  auto reader = TraceReader::Open(path);
  if (!reader.ok()) Fail(reader.status());
  std::uint64_t count = 0;
  while (true) {
    const auto record = reader->Next();
    if (!record.ok()) Fail(record.status());
    if (*record == nullptr) break;
    ++count;
  }
  if (count != kRecords) Fail(absl::InternalError(fmt::format("{} records came back", count)));
}

// Blocks alone: no file, no merge.
template <typename Builder, typename T>
void Blocks(std::string_view name, const Passes<T>& passes) {
  const std::vector<T> window = passes.OfThread(0);  // one block
  Builder builder;
  std::string message;
  const double encode_ns = FastestNs([&] {
    for (std::size_t i = 0; i < kRecords / window.size(); ++i) {
      for (const T& record : window) {
        if (!builder.Add(record)) std::abort();
      }
      message.clear();
      builder.Encode({1, 1, 1}, message);
      builder.Clear();
    }
  });
  trace::BlockDecoder decoder;
  trace::StringStore strings;
  trace::RecordBlock block;
  const double decode_ns = FastestNs([&] {
    for (std::size_t i = 0; i < kRecords / window.size(); ++i) {
      block.Clear();
      const absl::Status status = decoder.Decode(Builder::kKind, message, strings, block);
      if (!status.ok()) Fail(status);
    }
  });
  fmt::print("{:<12} blocks      {:>7.1f} {:>7.1f} {:>8.2f}\n", name, encode_ns, decode_ns,
             static_cast<double>(message.size()) / static_cast<double>(window.size()));
}

template <typename T>
void Files(std::string_view name, Passes<T>& passes) {
  const std::string path = fmt::format("/dev/shm/trace_codec.{}.htrace", getpid());
  const double own_ns = passes.OwnNs();
  for (const bool zstd : {false, true}) {
    const auto compression = zstd ? trace::Compression::kZstd : trace::Compression::kNone;
    const double write_ns = FastestNs([&] { Write(path, passes, compression); }) - own_ns;
    const double read_ns = FastestNs([&] { Read(path); });
    const auto bytes = static_cast<double>(std::filesystem::file_size(path));
    fmt::print("{:<12} file {:<6} {:>7.1f} {:>7.1f} {:>8.2f}\n", name, zstd ? "zstd" : "plain",
               write_ns, read_ns, bytes / static_cast<double>(kRecords));
  }
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace heimdallr

int main() {
  using namespace heimdallr;
  fmt::print("{:<24} {:>7} {:>7} {:>8}\n", "ns or bytes per record", "write", "read", "bytes");
  Passes allocations(Allocations());
  Passes accesses(Accesses());
  Blocks<trace::AllocationBlockBuilder>("allocation", allocations);
  Files("allocation", allocations);
  Blocks<trace::AccessBlockBuilder>("access", accesses);
  Files("access", accesses);
}
