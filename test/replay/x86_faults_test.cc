// Addresses, kinds and sizes of memory operands against the processor's own page faults.
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "fault_oracle.h"
#include "replay/instruction_decoder.h"
#include "x86_forms.h"

// Each form as code of this program, encoded by its assembler.
#define DEFINE_CODE(name, text, ...)                                    \
  asm(".intel_syntax noprefix\n.text\nheimdallr_form_" #name ":\n" text \
      "\nint3\n.fill 16, 1, 0x90\n.att_syntax prefix\n");               \
  extern "C" const std::byte heimdallr_form_##name[] asm("heimdallr_form_" #name);

HEIMDALLR_X86_FORMS(DEFINE_CODE)
HEIMDALLR_X86_AVX2_FORMS(DEFINE_CODE)
HEIMDALLR_X86_AVX512_FORMS(DEFINE_CODE)
DEFINE_CODE(pop_rsp_rcx, "pop qword ptr [rsp+rcx*8+16]")
DEFINE_CODE(lea, "lea rax, [rbx+rcx*4+8]")
DEFINE_CODE(wide_nop, "nop dword ptr [rbx+rcx*4]")
DEFINE_CODE(prefetch, "prefetcht0 [rbx]")
DEFINE_CODE(prefetchw, "prefetchw [rbx]")
DEFINE_CODE(endbr, "endbr64")
DEFINE_CODE(register_move, "mov rax, rbx")

namespace heimdallr::replay {
namespace {

struct Form {
  const char* text;
  const std::byte* code;
  AccessKind kind;
  std::uint16_t size_bytes;
  Register base;
  Register index;
  Register valid;
};

using enum Register;
using enum AccessKind;

#define FORM_ROW(name, text, ...) Form{text, heimdallr_form_##name, __VA_ARGS__},

std::vector<Form> Forms() {
  std::vector<Form> forms = {HEIMDALLR_X86_FORMS(FORM_ROW)};
  const auto append = [&](std::vector<Form> more) {
    forms.insert(forms.end(), more.begin(), more.end());
  };
  if (__builtin_cpu_supports("avx2")) append({HEIMDALLR_X86_AVX2_FORMS(FORM_ROW)});
  if (__builtin_cpu_supports("avx512f")) append({HEIMDALLR_X86_AVX512_FORMS(FORM_ROW)});
  return forms;
}

std::size_t Index(Register which) { return static_cast<std::size_t>(which); }

std::uint64_t FsBase() {
  std::uint64_t base = 0;
  REQUIRE(syscall(SYS_arch_prctl, ARCH_GET_FS, &base) == 0);
  return base;
}

/// Values that make addresses nothing is mapped at, with and without an index.
GeneralRegisters RandomRegisters(const Form& form, const GuardedMemory& memory,
                                 std::mt19937_64& random) {
  constexpr std::uint64_t kNothingThere = 0x2000'0000'0000;
  GeneralRegisters registers;
  for (auto& value : registers) value = kNothingThere + (random() & 0xfff'ffff);
  if (form.index != kNone) {
    registers[Index(form.index)] = (random() & 0x1f'ffff) - 0x10'0000;
  }
  if (form.valid != kNone) registers[Index(form.valid)] = memory.begin() + 0x1000;
  if (std::string(form.text).find("fs:") != std::string::npos) {
    registers[Index(form.base)] -= FsBase();
  }
  return registers;
}

Registers ToRegisters(const GeneralRegisters& values) {
  Registers registers;
  for (std::size_t i = 0; i < values.size(); ++i)
    registers.Set(static_cast<Register>(i), values[i]);
  registers.Set(kFsBase, FsBase());
  return registers;
}

Instruction DecodeCode(const std::byte* code) {
  const auto decoder = MakeX86Decoder();
  const auto decoded = decoder->Decode({code, 15}, reinterpret_cast<std::uint64_t>(code));
  REQUIRE(std::holds_alternative<Instruction>(decoded));
  return std::get<Instruction>(decoded);
}

/// The operand of `instruction` at the address the processor named.
const MemoryOperand* OperandAt(const Instruction& instruction, const Registers& registers,
                               std::uint64_t address) {
  for (const auto& operand : instruction.memory()) {
    const auto computed = EffectiveAddress(operand, registers);
    const auto* value = std::get_if<std::uint64_t>(&computed);
    if (value != nullptr && *value == address) return &operand;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("X86Decoder: every access lies where the processor faults") {
  std::mt19937_64 random(20240229);
  const GuardedMemory memory;
  for (const Form& form : Forms()) {
    CAPTURE(form.text);
    const Instruction instruction = DecodeCode(form.code);
    for (int trial = 0; trial < 50; ++trial) {
      const GeneralRegisters registers = RandomRegisters(form, memory, random);
      const auto fault = RunInstruction(form.code, registers);
      REQUIRE(fault.has_value());
      CAPTURE(fault->address);
      const auto* operand = OperandAt(instruction, ToRegisters(registers), fault->address);
      REQUIRE(operand != nullptr);
      CHECK(operand->kind == form.kind);
      CHECK(operand->size_bytes == form.size_bytes);
      if (form.kind == kLoad) CHECK(!fault->write);
      if (form.kind == kStore) CHECK(fault->write);
    }
  }
}

TEST_CASE("X86Decoder: every access is as long as the processor makes it") {
  std::mt19937_64 random(20240301);
  const GuardedMemory memory;
  for (const Form& form : Forms()) {
    if (form.base == kNone || form.base == form.index) continue;
    CAPTURE(form.text);
    GeneralRegisters registers = RandomRegisters(form, memory, random);
    if (std::string(form.text).starts_with("rep")) registers[Index(kRcx)] = 1;
    const auto first = RunInstruction(form.code, registers);
    REQUIRE(first.has_value());
    auto& base = registers[Index(form.base)];
    // Its last byte is the last one before the guard page, then the first one of that page.
    base += memory.guard() - form.size_bytes - first->address;
    CHECK(!RunInstruction(form.code, registers).has_value());
    ++base;
    const auto over = RunInstruction(form.code, registers);
    REQUIRE(over.has_value());
    CHECK(over->address == memory.guard());
  }
}

TEST_CASE("X86Decoder: pop computes an address in rsp with rsp already moved") {
  const GuardedMemory memory;
  const auto* code = heimdallr_form_pop_rsp_rcx;
  GeneralRegisters registers{};
  registers[Index(kRcx)] = 5;
  registers[Index(kRsp)] = memory.guard() - 8;
  const auto fault = RunInstruction(code, registers);
  REQUIRE(fault.has_value());
  CHECK(fault->write);
  const Instruction instruction = DecodeCode(code);
  const auto* operand = OperandAt(instruction, ToRegisters(registers), fault->address);
  REQUIRE(operand != nullptr);
  CHECK(operand->kind == kStore);
}

TEST_CASE("X86Decoder: instructions that only name memory have no operand and do not fault") {
  GeneralRegisters registers;
  registers.fill(0x2000'0000'0000);
  for (const auto* code :
       {heimdallr_form_lea, heimdallr_form_wide_nop, heimdallr_form_prefetch,
        heimdallr_form_prefetchw, heimdallr_form_endbr, heimdallr_form_register_move}) {
    CHECK(!RunInstruction(code, registers).has_value());
    CHECK(DecodeCode(code).memory().empty());
  }
}

TEST_CASE("X86Decoder: a repeated instruction with a count of zero accesses nothing") {
  GeneralRegisters registers;
  registers.fill(0x2000'0000'0000);
  registers[Index(kRcx)] = 0;
  for (const auto* code :
       {heimdallr_form_rep_stosq, heimdallr_form_rep_movsb_load, heimdallr_form_repne_scasb}) {
    CHECK(!RunInstruction(code, registers).has_value());
    const Instruction instruction = DecodeCode(code);
    REQUIRE(!instruction.memory().empty());
    for (const auto& operand : instruction.memory()) {
      CHECK(std::get<Reason>(EffectiveAddress(operand, ToRegisters(registers))) ==
            Reason::kNoIteration);
    }
  }
}

}  // namespace heimdallr::replay
