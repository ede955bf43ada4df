// Replay against a processor: a child is single-stepped through real loops, so the registers before
// each instruction are known. From any of those moments, replay must give what the neighbouring
// instructions really accessed.

#include "replay/block_replay.h"

#include <link.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <catch2/catch.hpp>

#include "process/function_ranges.h"
#include "replay/block_cache.h"

namespace heimdallr::replay {
namespace {

constexpr int kElements = 64;
std::array<double, kElements> a, b, c;
std::array<std::uint64_t, kElements> table;
struct Node {
  Node* next;
  std::uint64_t payload;
};
std::array<Node, 16> nodes;
volatile std::uint64_t sink;  // keeps calls whose results nobody needs

// As compiled for users: what sanitizers insert would be other code.
#define LOOP \
  extern "C" __attribute__((noinline, used, no_sanitize("address", "undefined", "thread")))

LOOP void ReplayTriad() {
  for (std::size_t i = 0; i < kElements; ++i) a[i] = b[i] + 3 * c[i];
}

LOOP void ReplayRandomUpdates() {
  std::uint64_t random = 88172645463325252U;
  for (int i = 0; i < 40; ++i) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    table[random % kElements] ^= random;
  }
}

LOOP std::uint64_t ReplayList() {
  std::uint64_t sum = 0;
  for (const Node* node = nodes.data(); node != nullptr; node = node->next) sum += node->payload;
  return sum;
}

LOOP void ReplayStencil() {
  for (std::size_t i = 8; i + 8 < kElements; ++i) {
    a[i] = b[i - 8] + b[i - 1] + b[i] + b[i + 1] + b[i + 8];
  }
}

LOOP std::uint64_t ReplayRecursion(std::uint64_t n) {
  if (n < 2) return n;
  return ReplayRecursion(n - 1) + ReplayRecursion(n - 2);
}

LOOP void ReplaySwitch() {
  for (std::uint64_t i = 0; i < 40; ++i) {
    switch (table[i % kElements] % 7) {
      case 0:
        a[i] = 1;
        break;
      case 1:
        b[i] += 2;
        [[fallthrough]];
      case 2:
        c[i] += a[i];
        break;
      case 3:
        a[i % 3] = b[i % 5];
        break;
      case 4:
        table[i] += 3;
        break;
      case 5:
        b[1] = c[2];
        break;
      default:
        table[i] ^= i;
        break;
    }
  }
}

LOOP void ReplayCopy() {
  std::memmove(a.data(), b.data(), sizeof a / 2);
  std::memset(c.data(), 1, sizeof c);
}

struct Step {
  std::uint64_t ip;
  Registers registers;
};

Registers FromUser(const user_regs_struct& r) {
  Registers registers;
  using enum Register;
  const std::pair<Register, std::uint64_t> values[] = {
      {kRax, r.rax}, {kRcx, r.rcx}, {kRdx, r.rdx}, {kRbx, r.rbx}, {kRsp, r.rsp}, {kRbp, r.rbp},
      {kRsi, r.rsi}, {kRdi, r.rdi}, {kR8, r.r8},   {kR9, r.r9},   {kR10, r.r10}, {kR11, r.r11},
      {kR12, r.r12}, {kR13, r.r13}, {kR14, r.r14}, {kR15, r.r15}, {kRip, r.rip}};
  for (const auto& [which, value] : values) registers.Set(which, value);
  return registers;
}

// Every instruction that the child executes in `work`, with the registers before it.
template <typename Work>
std::vector<Step> SingleStep(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    raise(SIGSTOP);
    work();
    _exit(0);
  }
  std::vector<Step> steps;
  int status = 0;
  waitpid(child, &status, 0);
  while (WIFSTOPPED(status) && steps.size() < 200'000) {
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, child, nullptr, &registers);
    steps.push_back({registers.rip, FromUser(registers)});
    ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr);
    waitpid(child, &status, 0);
  }
  return steps;
}

std::size_t ReadOwnCode(SpaceId, std::uint64_t address, std::span<std::byte> into) {
  std::memcpy(into.data(), reinterpret_cast<const void*>(address), into.size());
  return into.size();
}

// By the symbols of this program, at the addresses where it was loaded.
std::optional<CodeRange> FindOwnFunction(SpaceId, std::uint64_t ip) {
  static const auto ranges = process::FunctionRanges::Load("/proc/self/exe");
  struct Query {
    std::uint64_t ip;
    std::optional<CodeRange> range;
  } query{ip, std::nullopt};
  REQUIRE(ranges.ok());
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* argument) {
        auto& q = *static_cast<Query*>(argument);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          const std::uint64_t start = info->dlpi_addr + header.p_vaddr;
          if (header.p_type != PT_LOAD || q.ip < start || q.ip >= start + header.p_filesz) continue;
          const auto found = ranges->Find(q.ip - start + header.p_offset);
          if (found) {
            q.range = CodeRange{found->start - header.p_offset + start,
                                found->end - header.p_offset + start};
          }
        }
        return 1;
      },
      &query);
  return query.range;
}

struct Outcome {
  std::size_t ticks = 0;          // moments replayed
  std::size_t with_address = 0;   // of those in blocks that access memory
  std::size_t with_operands = 0;  // moments in blocks that access memory
  std::size_t accesses = 0;
};

// True addresses of the instruction at a step, by the registers the processor had.
std::vector<std::uint64_t> Truth(const Step& step, const Instruction& instruction) {
  std::vector<std::uint64_t> addresses;
  for (const MemoryOperand& operand : instruction.memory()) {
    const auto address = EffectiveAddress(operand, step.registers);
    if (const auto* known = std::get_if<std::uint64_t>(&address)) addresses.push_back(*known);
  }
  return addresses;
}

// Steps of one pass through the block of `at`, by index into the block, as far as
// no call interrupts it.
std::map<std::size_t, std::size_t> OnePass(const std::vector<Step>& steps, std::size_t at,
                                           const BlockPosition& position) {
  const auto& block = position.block->steps;
  std::map<std::size_t, std::size_t> pass{{position.index, at}};
  std::size_t i = at;
  for (std::size_t next = position.index + 1; next < block.size(); ++next) {
    ++i;
    if (i >= steps.size() || steps[i].ip != block[next].ip) break;
    pass[next] = i;
  }
  i = at;
  for (std::size_t previous = position.index; previous-- > 0;) {
    if (i == 0 || steps[i - 1].ip != block[previous].ip) break;
    --i;
    pass[previous] = i;
  }
  return pass;
}

template <typename Work>
Outcome Check(Work work, std::uint64_t function) {
  const std::vector<Step> steps = SingleStep(work);
  BlockCache cache(MakeX86Decoder(), ReadOwnCode, FindOwnFunction);
  const auto range = FindOwnFunction(0, function);
  REQUIRE(range);

  Outcome outcome;
  ReplayResult result;
  for (std::size_t at = 0; at < steps.size(); ++at) {
    if (steps[at].ip < range->start || steps[at].ip >= range->end) continue;
    const auto found = cache.Lookup(0, steps[at].ip);
    REQUIRE(std::holds_alternative<BlockPosition>(found));
    const auto position = std::get<BlockPosition>(found);
    Replay(position, steps[at].registers, result);
    ++outcome.ticks;
    if (result.memory_operands > 0) ++outcome.with_operands;
    if (!result.accesses.empty()) ++outcome.with_address;

    std::map<std::uint64_t, std::vector<std::uint64_t>> truth;  // by ip
    for (const auto& [index, step] : OnePass(steps, at, position)) {
      const Instruction& instruction = position.block->steps[index].instruction;
      std::vector<std::uint64_t>& addresses = truth[steps[step].ip];
      // A repeated instruction is stepped through once for each element.
      for (std::size_t again = step; steps[again].ip == steps[step].ip; --again) {
        const auto of_element = Truth(steps[again], instruction);
        addresses.insert(addresses.end(), of_element.begin(), of_element.end());
        if (again == 0) break;
      }
    }
    for (const ReplayedAccess& access : result.accesses) {
      const auto known = truth.find(access.ip);
      if (known == truth.end()) continue;  // behind a call: the pass was interrupted
      ++outcome.accesses;
      INFO("tick at " << std::hex << steps[at].ip << ", access at " << access.ip << " to "
                      << access.address);
      CHECK(std::find(known->second.begin(), known->second.end(), access.address) !=
            known->second.end());
    }
  }
  return outcome;
}

template <typename Function>
std::uint64_t Address(Function* function) {
  return reinterpret_cast<std::uint64_t>(function);
}

}  // namespace

TEST_CASE("Replay: loops over arrays give true addresses at every tick") {
  const Outcome triad = Check(ReplayTriad, Address(ReplayTriad));
  CHECK(triad.with_operands > 50);
  CHECK(triad.with_address >= triad.with_operands * 95 / 100);
  CHECK(triad.accesses > 2 * triad.with_address);
  const Outcome stencil = Check(ReplayStencil, Address(ReplayStencil));
  CHECK(stencil.with_operands > 100);
  CHECK(stencil.with_address >= stencil.with_operands * 95 / 100);
  CHECK(stencil.accesses > 3 * stencil.with_address);
}

TEST_CASE("Replay: random updates give true addresses at every tick") {
  const Outcome outcome = Check(ReplayRandomUpdates, Address(ReplayRandomUpdates));
  CHECK(outcome.with_operands > 300);
  CHECK(outcome.with_address >= outcome.with_operands * 95 / 100);
}

TEST_CASE("Replay: a linked list gives no wrong address where the pointer was overwritten") {
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i) nodes[i] = {&nodes[i + 1], i};
  nodes.back() = {nullptr, 0};
  const Outcome outcome = Check([] { sink = ReplayList(); }, Address(ReplayList));
  CHECK(outcome.with_operands > 30);
  CHECK(outcome.accesses > 30);
}

TEST_CASE("Replay: pushes, pops and calls keep the stack pointer right") {
  const Outcome outcome = Check([] { sink = ReplayRecursion(8); }, Address(ReplayRecursion));
  CHECK(outcome.with_operands > 100);
  CHECK(outcome.accesses > 100);
}

// Three passes of ticks over all instructions are three runs of each block. Of an operand that was
// not seen by the last ticks, the last run may still be owed.
TEST_CASE("Replay: the weights of every operand add up to the runs of its block") {
  BlockCache cache(MakeX86Decoder(), ReadOwnCode, FindOwnFunction);
  Registers registers;
  for (std::uint8_t i = 0; i < 16; ++i) registers.Set(static_cast<Register>(i), 4096U * i + 1);
  std::size_t operands = 0;
  for (const std::uint64_t function :
       {Address(ReplayTriad), Address(ReplayStencil), Address(ReplayRandomUpdates),
        Address(ReplayList), Address(ReplayRecursion), Address(ReplaySwitch)}) {
    const auto range = FindOwnFunction(0, function);
    REQUIRE(range);
    std::map<std::uint64_t, std::map<std::size_t, double>> sums;  // by ip and operand
    for (int pass = 0; pass < 3; ++pass) {
      for (std::uint64_t ip = range->start; ip < range->end;) {
        const auto position = std::get<BlockPosition>(cache.Lookup(0, ip));
        ReplayResult result;
        Replay(position, registers, result);
        std::map<std::uint64_t, std::size_t> seen;
        for (const ReplayedAccess& access : result.accesses) {
          sums[access.ip][seen[access.ip]++] += access.weight;
        }
        ip += position.block->steps[position.index].instruction.length_bytes;
      }
    }
    for (const auto& [ip, of_operands] : sums) {
      for (const auto& [operand, sum] : of_operands) {
        INFO(std::hex << ip);
        CHECK(sum >= 2 - 1e-5);
        CHECK(sum <= 3 + 1e-5);
        ++operands;
      }
    }
  }
  CHECK(operands > 30);
}

// mov (%rax),%rax; add $1,%rcx; mov %rcx,(%rdx); ret
const std::array<std::uint8_t, 11> kChase{0x48, 0x8b, 0x00, 0x48, 0x83, 0xc1,
                                          0x01, 0x48, 0x89, 0x0a, 0xc3};

std::size_t ReadChase(SpaceId, std::uint64_t address, std::span<std::byte> into) {
  const std::size_t size = std::min<std::size_t>(into.size(), 0x100b - address);
  std::memcpy(into.data(), &kChase[address - 0x1000], size);
  return size;
}

TEST_CASE("Replay: an operand whose base is overwritten makes up for the ticks that missed it") {
  BlockCache cache(MakeX86Decoder(), ReadChase, [](SpaceId, std::uint64_t) {
    return CodeRange{0x1000, 0x100b};
  });
  Registers registers;
  for (std::uint8_t i = 0; i < 16; ++i) registers.Set(static_cast<Register>(i), 4096);
  ReplayResult result;
  const auto tick = [&](std::uint64_t ip) {
    Replay(std::get<BlockPosition>(cache.Lookup(1, ip)), registers, result);
  };
  tick(0x1000);
  REQUIRE(result.accesses.size() == 3);
  for (const ReplayedAccess& access : result.accesses) CHECK(access.weight == 0.25F);
  tick(0x1007);
  REQUIRE(result.accesses.size() == 2);  // the load cannot be seen from here
  CHECK(result.accesses[0].weight == 0.25F);
  tick(0x1000);
  REQUIRE(result.accesses.size() == 3);
  CHECK(result.accesses[0].weight == 0.5F);
  CHECK(result.accesses[1].weight == 0.25F);
}

TEST_CASE("Replay: ticks that all stall at one instruction weigh all operands alike") {
  BlockCache cache(MakeX86Decoder(), ReadChase, [](SpaceId, std::uint64_t) {
    return CodeRange{0x1000, 0x100b};
  });
  Registers registers;
  for (std::uint8_t i = 0; i < 16; ++i) registers.Set(static_cast<Register>(i), 4096);
  ReplayResult result;
  for (int i = 0; i < 100; ++i) {
    Replay(std::get<BlockPosition>(cache.Lookup(1, 0x1000)), registers, result);
    for (const ReplayedAccess& access : result.accesses) CHECK(access.weight == 0.25F);
  }
}

TEST_CASE("Replay: where code begins is not known, operands far ahead do not weigh more") {
  BlockCache cache(MakeX86Decoder(), ReadChase,
                   [](SpaceId, std::uint64_t) { return std::nullopt; });
  Registers registers;
  for (std::uint8_t i = 0; i < 16; ++i) registers.Set(static_cast<Register>(i), 4096);
  std::map<std::uint64_t, double> sums;
  for (const std::uint64_t ip : {0x1000, 0x1003, 0x1007, 0x100a}) {
    ReplayResult result;
    Replay(std::get<BlockPosition>(cache.Lookup(1, ip)), registers, result);
    for (const ReplayedAccess& access : result.accesses) sums[access.ip] += access.weight;
  }
  CHECK(sums == std::map<std::uint64_t, double>{{0x1000, 0.5}, {0x1007, 0.875}, {0x100a, 0.9375}});
}

TEST_CASE("Replay: a jump table does not make accesses of cases that were not entered") {
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i * 5;
  const Outcome outcome = Check(ReplaySwitch, Address(ReplaySwitch));
  CHECK(outcome.with_operands > 100);
  CHECK(outcome.accesses > 100);
  // Its table is read: each case is a block of its own, known from its start.
  BlockCache cache(MakeX86Decoder(), ReadOwnCode, FindOwnFunction);
  const auto range = FindOwnFunction(0, Address(ReplaySwitch));
  REQUIRE(range);
  const auto position = std::get<BlockPosition>(cache.Lookup(0, range->start));
  CHECK(position.block->start == Block::Start::kKnown);
}

LOOP void ReplayPickAndStore() {
  for (std::uint64_t i = 0; i < kElements; ++i) {
    // The index that both loads use is overwritten by the second.
    const std::uint64_t index = table[i] & 31;
    if (index != 17) sink = static_cast<std::uint64_t>(nodes[index % 16].payload) + index;
  }
}

TEST_CASE("Replay: values that were overwritten are computed again from what came before") {
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i * 5;
  const Outcome outcome = Check(ReplayPickAndStore, Address(ReplayPickAndStore));
  CHECK(outcome.with_operands > 100);
  CHECK(outcome.with_address >= outcome.with_operands * 95 / 100);
}

TEST_CASE("Replay: string instructions and their neighbours give true addresses") {
  Check(ReplayCopy, Address(ReplayCopy));
}

TEST_CASE("Replay: code without a known function is replayed forward only") {
  BlockCache cache(MakeX86Decoder(), ReadOwnCode,
                   [](SpaceId, std::uint64_t) { return std::nullopt; });
  const auto range = FindOwnFunction(0, Address(ReplayTriad));
  REQUIRE(range);
  const auto found = cache.Lookup(0, range->start);
  REQUIRE(std::holds_alternative<BlockPosition>(found));
  const Block* block = std::get<BlockPosition>(found).block;
  REQUIRE(block->steps.size() > 1);
  // The second instruction has a block of its own, that does not reach back.
  const auto second = cache.Lookup(0, block->steps[1].ip);
  REQUIRE(std::holds_alternative<BlockPosition>(second));
  CHECK(std::get<BlockPosition>(second).index == 0);
  CHECK(std::get<BlockPosition>(second).block->steps.front().ip == block->steps[1].ip);
}

TEST_CASE("BlockCache: code that could not be read is tried again, and forgotten when it changes") {
  int reads = 0;
  bool readable = false;
  const std::array<std::uint8_t, 4> code{0x48, 0x8b, 0x07, 0xc3};  // mov (%rdi),%rax; ret
  BlockCache cache(
      MakeX86Decoder(),
      [&](SpaceId, std::uint64_t address, std::span<std::byte> into) -> std::size_t {
        ++reads;
        if (!readable || address < 0x1000 || address >= 0x1004) return 0;
        const std::size_t size = std::min<std::size_t>(into.size(), 0x1004 - address);
        std::memcpy(into.data(), &code[address - 0x1000], size);
        return size;
      },
      [](SpaceId, std::uint64_t) {
        return CodeRange{0x1000, 0x1004};
      });
  CHECK(std::get<Reason>(cache.Lookup(1, 0x1000)) == Reason::kCodeUnreadable);
  readable = true;
  cache.Invalidate(1, 0x1000, 0x2000);
  REQUIRE(std::holds_alternative<BlockPosition>(cache.Lookup(1, 0x1000)));
  const int reads_before = reads;
  REQUIRE(std::holds_alternative<BlockPosition>(cache.Lookup(1, 0x1003)));
  CHECK(reads == reads_before);  // the block's other instruction is known
  cache.Drop(1);
  REQUIRE(std::holds_alternative<BlockPosition>(cache.Lookup(1, 0x1000)));
  CHECK(reads > reads_before);
}

TEST_CASE("BlockCache: code that changed unannounced leaves nothing of the block before") {
  using Code = std::array<std::uint8_t, 4>;
  const Code before{0x90, 0x66, 0x90, 0xc3};  // nop; xchg %ax,%ax (2 bytes); ret
  const Code after{0x66, 0x90, 0x90, 0xc3};   // xchg %ax,%ax; nop; ret
  Code code = before;
  BlockCache cache(
      MakeX86Decoder(),
      [&](SpaceId, std::uint64_t address, std::span<std::byte> into) -> std::size_t {
        if (address < 0x1000 || address >= 0x1004) return 0;
        const std::size_t size = std::min<std::size_t>(into.size(), 0x1004 - address);
        std::memcpy(into.data(), &code[address - 0x1000], size);
        return size;
      },
      [](SpaceId, std::uint64_t) {
        return CodeRange{0x1000, 0x1004};
      },
      9);
  REQUIRE(std::holds_alternative<BlockPosition>(cache.Lookup(1, 0x1001)));
  code = after;
  // Begins at the same address as the block before, which had no such instruction.
  REQUIRE(std::holds_alternative<BlockPosition>(cache.Lookup(1, 0x1002)));
  // Was an instruction of the block before, and is none of the one now.
  const auto found = cache.Lookup(1, 0x1001);
  REQUIRE(std::holds_alternative<BlockPosition>(found));
  CHECK(cache.totals().misses == 3);
  const BlockPosition position = std::get<BlockPosition>(found);
  REQUIRE(position.index == 0);
  CHECK(position.block->steps.front().ip == 0x1001);
  // Two blocks of three instructions are held, not three: the limit of nine is not reached.
  static_cast<void>(cache.Lookup(1, 0x1004));
  CHECK(cache.totals().flushes == 0);
}

}  // namespace heimdallr::replay
