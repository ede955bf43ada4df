#include "replay/registers.h"

namespace heimdallr::replay {
namespace {

/// enum perf_event_x86_regs of the kernel, written out so that traces of x86-64 can be replayed on
/// other machines. Numbers 9 to 15 are the flags and the selectors.
constexpr std::array kKernelOrder = {
    Register::kRax,  Register::kRbx,  Register::kRcx,  Register::kRdx,  Register::kRsi,
    Register::kRdi,  Register::kRbp,  Register::kRsp,  Register::kRip,  Register::kNone,
    Register::kNone, Register::kNone, Register::kNone, Register::kNone, Register::kNone,
    Register::kNone, Register::kR8,   Register::kR9,   Register::kR10,  Register::kR11,
    Register::kR12,  Register::kR13,  Register::kR14,  Register::kR15};

}  // namespace

Registers FromX86Sample(std::uint64_t mask, std::span<const std::uint64_t> values) {
  Registers registers;
  std::size_t next = 0;
  for (std::size_t number = 0; number < kKernelOrder.size() && next < values.size(); ++number) {
    if ((mask >> number & 1U) == 0) continue;
    const std::uint64_t value = values[next++];
    if (kKernelOrder[number] != Register::kNone) registers.Set(kKernelOrder[number], value);
  }
  return registers;
}

}  // namespace heimdallr::replay
