// Samples with registers: the processor's own record has those behind the instruction it names
// (Intel SDM, volume 3B, "PEBS"), and its kernel may copy others of a later interrupt.
#include <asm/perf_regs.h>

#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "played_run.h"

namespace heimdallr::synthetic {
namespace {

// test/synthetic/subject.c
constexpr std::uint64_t kLoad = kCode;
constexpr std::uint64_t kFirstStore = kCode + 3;
constexpr std::uint64_t kSecondStore = kCode + 10;

constexpr std::uint64_t kLoaded = kHeap + 0x100;    // where the load reads
constexpr std::uint64_t kStored = kHeap + 0x8000;   // where the first store writes
constexpr std::uint64_t kNowhere = kHeap + 0x4000;  // what the load has read

Registers BehindTheLoad() {
  Registers registers{};
  registers[PERF_REG_X86_DI] = kNowhere;
  registers[PERF_REG_X86_SI] = kStored;
  registers[PERF_REG_X86_SP] = kHeap + 0x2000;
  return registers;
}

Registers OfLater() {
  Registers registers{};
  registers.fill(kHeap + 0x6000);
  return registers;
}

// As the real process that stands for the program has it.
void MapSubject(SyntheticKernel& kernel) {
  std::ifstream maps("/proc/" + std::to_string(kernel.pid()) + "/maps");
  std::string range;
  std::string protection;
  std::string offset;
  std::string rest;
  while (maps >> range >> protection >> offset && std::getline(maps, rest)) {
    if (range.starts_with("40000000-")) break;
  }
  REQUIRE(protection == "r-xp");
  constexpr int kHexadecimal = 16;
  const std::uint64_t end = std::stoull(range.substr(range.find('-') + 1), nullptr, kHexadecimal);
  kernel.MapCode(kCode, end - kCode, std::stoull(offset, nullptr, kHexadecimal),
                 HEIMDALLR_SYNTHETIC_SUBJECT);
}

Played RecordWith(const PlayedMachine& machine, const recorder::EventRequest& event,
                  const std::vector<Operation>& operations) {
  SyntheticKernel kernel(machine);
  return Record(
      kernel,
      [&](SyntheticKernel& k, std::vector<Executed>&) {
        MapSubject(k);
        for (const Operation& operation : operations) {
          k.Execute(operation, SyntheticKernel::WhenFull::kWait);
        }
      },
      [&](recorder::RecorderOptions& options) {
        options.command[0] = HEIMDALLR_SYNTHETIC_SUBJECT;
        options.events = {event};
      });
}

Operation SampledLoad() {
  return {.ip = kLoad,
          .address = kLoaded,
          .data_source = Skylake().load_source,
          .registers = BehindTheLoad(),
          .interrupt_registers = OfLater()};
}

}  // namespace

TEST_CASE("Synthetic: samples of loads with registers give the stores around them") {
  constexpr std::uint64_t kSamples = 10;
  const Played played = RecordWith(
      Skylake(), {.event = "cpu/mem-loads/P", .period = 1000, .fields = {.registers = true}},
      std::vector<Operation>(kSamples, SampledLoad()));
  REQUIRE(played.accesses.size() == 3 * kSamples);
  std::uint64_t tick = 0;
  for (std::size_t i = 0; i < played.accesses.size(); i += 3) {
    const AccessRecord& load = played.accesses[i];
    CHECK(load.ip == kLoad);
    CHECK(load.address == kLoaded);
    CHECK(load.kind == AccessKind::kLoad);
    CHECK(load.direct);
    CHECK(load.weight == 1);
    CHECK(load.tick == ++tick);
    const AccessRecord& first = played.accesses[i + 1];
    CHECK(first.ip == kFirstStore);
    CHECK(first.address == kStored);
    CHECK(first.kind == AccessKind::kStore);
    CHECK(first.size == 8);
    CHECK(!first.direct);
    CHECK(first.tick == tick);
    CHECK(first.period == 1000);
    // The block loads twice, so each run of it is sampled twice as often as it runs.
    CHECK(first.weight == 0.5F);
    const AccessRecord& second = played.accesses[i + 2];
    CHECK(second.ip == kSecondStore);
    CHECK(second.address == kStored + 16);
    CHECK(second.weight == 0.5F);
  }
  CHECK(played.losses.empty());
  CHECK(played.header.streams.at(0).may_batch);
}

TEST_CASE("Synthetic: samples of stores with registers give the loads that they still tell") {
  Registers behind = BehindTheLoad();
  behind[PERF_REG_X86_SI] += 8;
  const Played played =
      RecordWith(Skylake(), {.event = "cpu/mem-stores/P", .fields = {.registers = true}},
                 {{.kind = Operation::Kind::kStore,
                   .ip = kSecondStore,
                   .address = kStored + 16,
                   .data_source = Skylake().store_source,
                   .registers = behind,
                   .interrupt_registers = OfLater()}});
  REQUIRE(played.accesses.size() == 2);
  CHECK(played.accesses[0].address == kStored + 16);
  CHECK(played.accesses[0].kind == AccessKind::kStore);
  // That of the return address. The first load's base is gone, which is counted.
  CHECK(played.accesses[1].ip == kCode + 14);
  CHECK(played.accesses[1].address == kHeap + 0x2000);
  CHECK(played.accesses[1].kind == AccessKind::kLoad);
  CHECK(played.lost(LossKind::kRegisterUnknown) == 1);
}

TEST_CASE("Synthetic: code that is not there to be read loses nothing that the processor told") {
  Operation elsewhere = SampledLoad();
  elsewhere.ip = kHeap;
  const Played played = RecordWith(
      Skylake(), {.event = "cpu/mem-loads/P", .fields = {.registers = true}}, {elsewhere});
  CHECK(played.accesses.size() == 1);
  CHECK(played.losses.empty());
}

TEST_CASE("Synthetic: code of 32 bits is not taken for code of 64") {
  Operation narrow = SampledLoad();
  narrow.registers_abi = PERF_SAMPLE_REGS_ABI_32;
  const Played played =
      RecordWith(Skylake(), {.event = "cpu/mem-loads/P", .fields = {.registers = true}}, {narrow});
  CHECK(played.accesses.size() == 1);
  CHECK(played.losses.empty());
}

TEST_CASE("Synthetic: AMD's samples have no registers of their instruction, and that is said") {
  SyntheticKernel kernel(Zen4());
  recorder::RecorderOptions options;
  options.command = {"true"};
  options.events = {{.event = "ibs_op/cnt_ctl=1/", .fields = {.registers = true}, .place = "here"}};
  const auto result = recorder::Record(options, kernel.machine());
  REQUIRE(absl::IsInvalidArgument(result.status()));
  CHECK(result.status().message().find("here") != std::string_view::npos);
  CHECK(result.status().message().find("later instruction") != std::string_view::npos);
}

}  // namespace heimdallr::synthetic
