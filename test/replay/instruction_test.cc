#include "replay/instruction.h"

#include <catch2/catch.hpp>

namespace heimdallr::replay {
namespace {

std::uint64_t Address(const MemoryOperand& operand, const Registers& registers) {
  return std::get<std::uint64_t>(EffectiveAddress(operand, registers));
}

Reason Why(const MemoryOperand& operand, const Registers& registers) {
  return std::get<Reason>(EffectiveAddress(operand, registers));
}

}  // namespace

TEST_CASE("EffectiveAddress: adds base, scaled index and displacement") {
  Registers registers;
  registers.Set(Register::kRbx, 0x1000);
  registers.Set(Register::kRcx, static_cast<std::uint64_t>(-2));
  MemoryOperand operand;
  operand.base = Register::kRbx;
  operand.index = Register::kRcx;
  operand.scale = 8;
  operand.displacement = 5;
  CHECK(Address(operand, registers) == 0x1000 - 16 + 5);
}

TEST_CASE("EffectiveAddress: says which way an address is not known") {
  Registers registers;
  MemoryOperand operand;
  operand.base = Register::kRbx;
  CHECK(Why(operand, registers) == Reason::kRegisterNotSampled);
  registers.Set(Register::kRbx, 0);
  operand.index = Register::kRcx;
  CHECK(Why(operand, registers) == Reason::kRegisterNotSampled);
  operand.index = Register::kNone;
  operand.segment = Register::kFsBase;
  CHECK(Why(operand, registers) == Reason::kSegmentBaseUnknown);
  operand.vector_index = true;
  CHECK(Why(operand, registers) == Reason::kVectorIndex);
}

TEST_CASE("EffectiveAddress: 32-bit addressing wraps before the segment is added") {
  Registers registers;
  registers.Set(Register::kRbx, 0xffff'ffff'ffff'fff0);
  registers.Set(Register::kFsBase, 0x7f00'0000'0000);
  MemoryOperand operand;
  operand.base = Register::kRbx;
  operand.displacement = 0x20;
  operand.truncated = true;
  CHECK(Address(operand, registers) == 0x10);
  operand.segment = Register::kFsBase;
  CHECK(Address(operand, registers) == 0x7f00'0000'0010);
}

TEST_CASE("EffectiveAddress: bit numbers move the address by whole operands") {
  Registers registers;
  registers.Set(Register::kRdi, 0x1000);
  MemoryOperand operand;
  operand.base = Register::kRdi;
  operand.bit_offset = Register::kRax;
  operand.size_bytes = 8;
  registers.Set(Register::kRax, 130);
  CHECK(Address(operand, registers) == 0x1010);
  registers.Set(Register::kRax, static_cast<std::uint64_t>(-1));
  CHECK(Address(operand, registers) == 0xff8);
  operand.size_bytes = 2;
  registers.Set(Register::kRax, 0xdead'0000'8000);  // as 16 bits: -32768
  CHECK(Address(operand, registers) == 0x1000 - 4096);
}

TEST_CASE("Reason: each has a text") {
  for (int i = 0; i <= static_cast<int>(Reason::kNoIteration); ++i) {
    CHECK(!ToText(static_cast<Reason>(i)).empty());
  }
}

}  // namespace heimdallr::replay
