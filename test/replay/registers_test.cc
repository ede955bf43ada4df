#include "replay/registers.h"

#include <asm/perf_regs.h>

#include <vector>

#include <catch2/catch.hpp>

namespace heimdallr::replay {

TEST_CASE("FromX86Sample: takes the kernel's order of registers") {
  const std::vector<std::pair<unsigned, Register>> expected = {
      {PERF_REG_X86_AX, Register::kRax},  {PERF_REG_X86_BX, Register::kRbx},
      {PERF_REG_X86_CX, Register::kRcx},  {PERF_REG_X86_DX, Register::kRdx},
      {PERF_REG_X86_SI, Register::kRsi},  {PERF_REG_X86_DI, Register::kRdi},
      {PERF_REG_X86_BP, Register::kRbp},  {PERF_REG_X86_SP, Register::kRsp},
      {PERF_REG_X86_IP, Register::kRip},  {PERF_REG_X86_R8, Register::kR8},
      {PERF_REG_X86_R9, Register::kR9},   {PERF_REG_X86_R10, Register::kR10},
      {PERF_REG_X86_R11, Register::kR11}, {PERF_REG_X86_R12, Register::kR12},
      {PERF_REG_X86_R13, Register::kR13}, {PERF_REG_X86_R14, Register::kR14},
      {PERF_REG_X86_R15, Register::kR15}};
  std::uint64_t mask = std::uint64_t{1} << PERF_REG_X86_FLAGS;
  for (const auto& [number, which] : expected) mask |= std::uint64_t{1} << number;
  std::vector<std::uint64_t> values;
  for (unsigned number = 0; number < PERF_REG_X86_64_MAX; ++number) {
    if ((mask >> number & 1U) != 0) values.push_back(1000 + number);
  }
  const Registers registers = FromX86Sample(mask, values);
  for (const auto& [number, which] : expected) CHECK(registers.Get(which) == 1000 + number);
  CHECK(!registers.Get(Register::kFsBase).has_value());
}

TEST_CASE("FromX86Sample: registers left out of the mask are not known") {
  const Registers registers =
      FromX86Sample(1U << PERF_REG_X86_SP, std::vector<std::uint64_t>{0x7fff'0000});
  CHECK(registers.Get(Register::kRsp) == 0x7fff'0000U);
  CHECK(!registers.Get(Register::kRax).has_value());
}

TEST_CASE("FromX86Sample: fewer values than the mask says leave the rest unknown") {
  const Registers registers = FromX86Sample(~std::uint64_t{0}, std::vector<std::uint64_t>{1, 2});
  CHECK(registers.Get(Register::kRax) == 1U);
  CHECK(registers.Get(Register::kRbx) == 2U);
  CHECK(!registers.Get(Register::kRcx).has_value());
  CHECK(!FromX86Sample(0, {}).Get(Register::kRax).has_value());
}

}  // namespace heimdallr::replay
