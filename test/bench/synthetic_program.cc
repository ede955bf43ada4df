#include "synthetic_program.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace heimdallr::bench {
namespace {

constexpr std::uint64_t kTextAddress = 0x5555'5555'5000;
constexpr std::uint64_t kTextOffset = 0x1000;
constexpr std::uint64_t kTextBytes = 0x10'0000;
constexpr std::uint64_t kDataAddress = 0x5555'5565'6000;
constexpr std::uint64_t kDataOffset = 0x10'1000;
constexpr std::uint64_t kDataBytes = 0x8000;
constexpr std::uint64_t kHeapAddress = 0x7f00'0000'0000;
constexpr std::uint64_t kStackTop = 0x7fff'f000'0000;
constexpr std::uint64_t kStackBytes = 8U << 20;
constexpr std::uint64_t kFunctionBytes = 256;
constexpr std::size_t kInstructionsOfFunction = 10;
constexpr std::uint64_t kFirstTouchNs = 1'000'000;

constexpr std::array<std::uint64_t, 6> kStrides{8, 16, 64, 64, 256, 4096};

// Places of the text: kernels first, then the functions that allocate.
std::uint64_t FunctionOffset(std::size_t function) {
  return kTextOffset + 0x100 + function * kFunctionBytes;
}
std::uint64_t AddressOf(std::uint64_t offset) { return kTextAddress + offset - kTextOffset; }

std::string FunctionName(std::size_t function, Names names) {
  if (names == Names::kHostile) {
    switch (function % 5) {
      case 0:
        return fmt::format("<script>alert({})</script>", function);
      case 1:
        return fmt::format("quote\"'`;--</title>&amp;\\{}", function);
      case 2:
        return fmt::format("bytes\xff\xfe\xc0 and \x1b[31mred {}", function);
      case 3:
        return fmt::format("lines\nof\r\n\tone,name;{}", function);
      default:
        return std::string(10'000, 'x') + std::to_string(function);
    }
  }
  constexpr std::array<const char*, 5> kVerbs{"relax", "prolong", "restrict", "residual", "norm"};
  return fmt::format("solver::{}_{}(double*, unsigned long)", kVerbs[function % kVerbs.size()],
                     function / kVerbs.size());
}

void AddSymbol(Program& program, std::uint64_t offset, std::size_t function, std::uint32_t line,
               Names names) {
  CodeSymbol symbol{.offset = offset, .frames = {}};
  symbol.frames.push_back(
      {.function = FunctionName(function, names),
       .file = names == Names::kHostile ? "<img src=x onerror='1'>.cc" : "src/solver/kernels.cc",
       .line = line});
  program.symbols.code.push_back(std::move(symbol));
}

// Sizes in even steps on a logarithmic scale, mixed, so that neighbours differ.
std::uint64_t SizeOf(std::size_t object) {
  const auto step = static_cast<double>(object * 7 % kObjects) / static_cast<double>(kObjects - 1);
  const double bytes = std::exp2(12 + 16 * step);  // 4 KiB to 256 MiB
  return static_cast<std::uint64_t>(bytes) / 64 * 64;
}

void AddObjects(Program& program, std::uint64_t duration_ns, Names names) {
  std::uint64_t address = kHeapAddress;
  for (std::size_t i = 0; i < kObjects; ++i) {
    const std::size_t function = kObjects + i;
    const std::uint64_t offset = FunctionOffset(function) + 0x40;
    Object object{.address = address,
                  .size = SizeOf(i),
                  .begin_ns = kFirstTouchNs + i * 1000,
                  .caller = AddressOf(offset),
                  .tid = Program::Tid(i % kThreads)};
    // Every fourth lives for a part of the time alone.
    if (i % 4 == 3) {
      object.begin_ns = std::max(object.begin_ns, duration_ns / 20 * (i % 10));
      object.end_ns = object.begin_ns + duration_ns / 2;
      if (object.end_ns >= duration_ns) object.end_ns = 0;
    }
    program.objects.push_back(object);
    AddSymbol(program, offset - 1, function, static_cast<std::uint32_t>(100 + i * 10), names);
    address += (object.size + (i % 3 == 0 ? 0x4000'0000ULL : 0x1'0000ULL)) / 4096 * 4096;
  }
}

void AddInstructions(Program& program, Names names) {
  for (std::size_t i = 0; i < kInstructions; ++i) {
    const std::size_t function = i / kInstructionsOfFunction;
    const std::uint64_t offset = FunctionOffset(function) + i % kInstructionsOfFunction * 7;
    const bool strided = i % 5 < 3;
    program.instructions.push_back({.address = AddressOf(offset),
                                    .object = function % kObjects,
                                    .stride = strided ? kStrides[i % kStrides.size()] : 0,
                                    .kind = i % 4 == 3 ? AccessKind::kStore : AccessKind::kLoad});
    AddSymbol(program, offset, function, static_cast<std::uint32_t>(300 + i), names);
  }
}

void AddChurn(Program& program, Names names) {
  for (std::size_t i = 0; i < kChurnSites; ++i) {
    const std::size_t function = 2 * kObjects + i;
    const std::uint64_t offset = FunctionOffset(function) + 0x20;
    program.churn_callers.push_back(AddressOf(offset));
    AddSymbol(program, offset - 1, function, static_cast<std::uint32_t>(600 + i), names);
  }
}

}  // namespace

std::vector<MappingRecord> Program::Mappings() const {
  const auto part = [this](std::uint64_t address, std::uint64_t size, std::uint64_t offset,
                           std::uint32_t protection) {
    return MappingRecord{.time_ns = 2000,
                         .address = address,
                         .size = size,
                         .offset = offset,
                         .inode = 7,
                         .path = path,
                         .build_id = build_id,
                         .protection = protection,
                         .pid = kPid,
                         .tid = kPid};
  };
  MappingRecord stack = part(kStackTop - kStackBytes, kStackBytes, 0, PROT_READ | PROT_WRITE);
  stack.path = "[stack]";
  stack.build_id = {};
  stack.inode = 0;
  return {part(kTextAddress - kTextOffset, kTextOffset, 0, PROT_READ),
          part(kTextAddress, kTextBytes, kTextOffset, PROT_READ | PROT_EXEC),
          part(kDataAddress, kDataBytes, kDataOffset, PROT_READ | PROT_WRITE), stack};
}

Program MakeProgram(std::uint64_t duration_ns, Names names) {
  Program program;
  const bool hostile = names == Names::kHostile;
  program.path =
      hostile ? "/opt/<script>alert('path')</script>/\xff\"solver" : "/opt/solver/solver";
  program.build_id = std::string("\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8);
  for (std::size_t i = 0; i < kThreads; ++i) {
    program.thread_names.push_back(hostile ? fmt::format("<b>\"{}\n", i)
                                           : fmt::format("worker-{}", i));
  }
  AddObjects(program, duration_ns, names);
  AddInstructions(program, names);
  AddChurn(program, names);
  program.symbols.path = program.path;
  program.symbols.build_id = program.build_id;
  std::sort(program.symbols.code.begin(), program.symbols.code.end(),
            [](const CodeSymbol& a, const CodeSymbol& b) { return a.offset < b.offset; });
  program.symbols.data.push_back({.offset = kDataAddress - (kTextAddress - kTextOffset),
                                  .size = 4096,
                                  .name = hostile ? "<svg onload=x>table" : "coefficients",
                                  .kind = DataSymbol::Kind::kObject});
  return program;
}

}  // namespace heimdallr::bench
