#include "fault_oracle.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstring>
#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::replay {
namespace {

constexpr int kContextOrder[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15};

// Shared with the signal handlers; one run at a time.
struct Run {
  const void* code = nullptr;
  GeneralRegisters registers{};
  gregset_t before{};
  bool finished = false;
  bool faulted = false;
  Fault fault;
} run;

/// Enters the instruction: returning from this handler loads the registers.
void OnStart(int, siginfo_t*, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  std::memcpy(&run.before, &registers, sizeof(registers));
  for (std::size_t i = 0; i < 16; ++i) {
    registers[kContextOrder[i]] = static_cast<greg_t>(run.registers[i]);
  }
  registers[REG_RIP] = reinterpret_cast<greg_t>(run.code);
}

/// Leaves it, by a fault or by the int3 behind it.
void OnEnd(int signal, siginfo_t* info, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  constexpr greg_t kWrite = 2;  // bits of the page fault error code (Intel SDM 3A, 4.7)
  constexpr greg_t kFetch = 16;
  const greg_t error = registers[REG_ERR];
  run.finished = true;
  run.faulted = signal == SIGSEGV && (error & kFetch) == 0;
  run.fault = {reinterpret_cast<std::uint64_t>(info->si_addr), (error & kWrite) != 0};
  std::memcpy(&registers, &run.before, sizeof(registers));
}

void Install(int signal, void (*handler)(int, siginfo_t*, void*), struct sigaction& old) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(signal, &action, &old);
}

}  // namespace

std::optional<Fault> RunInstruction(const void* code, const GeneralRegisters& registers) {
  // The instruction may have any stack pointer, so handlers need a stack of their own.
  static std::vector<std::byte> stack(256 << 10);
  stack_t alternate{};
  stack_t old_stack{};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  sigaltstack(&alternate, &old_stack);
  struct sigaction old_start {};
  struct sigaction old_fault {};
  struct sigaction old_trap {};
  Install(SIGUSR1, OnStart, old_start);
  Install(SIGSEGV, OnEnd, old_fault);
  Install(SIGTRAP, OnEnd, old_trap);
  run.code = code;
  run.registers = registers;
  run.finished = run.faulted = false;
  raise(SIGUSR1);
  sigaction(SIGUSR1, &old_start, nullptr);
  sigaction(SIGSEGV, &old_fault, nullptr);
  sigaction(SIGTRAP, &old_trap, nullptr);
  sigaltstack(&old_stack, nullptr);
  REQUIRE(run.finished);
  if (!run.faulted) return std::nullopt;
  return run.fault;
}

GuardedMemory::GuardedMemory() {
  constexpr std::uint64_t kGuardBytes = 4096;
  void* memory = mmap(nullptr, kBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  begin_ = reinterpret_cast<std::uint64_t>(memory);
  REQUIRE(mprotect(reinterpret_cast<void*>(guard()), kGuardBytes, PROT_NONE) == 0);
}

GuardedMemory::~GuardedMemory() { munmap(reinterpret_cast<void*>(begin_), kBytes + 4096); }

}  // namespace heimdallr::replay
