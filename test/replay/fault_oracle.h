// The processor itself as the authority on what an instruction accesses: runs one instruction with
// chosen registers and reports the page fault it makes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "replay/registers.h"

namespace heimdallr::replay {

/// rax .. r15 in the order of Register.
using GeneralRegisters = std::array<std::uint64_t, 16>;

struct Fault {
  std::uint64_t address = 0;  ///< si_addr: the first byte that could not be accessed
  bool write = false;
};

/// Runs the instruction at `code`, which int3 follows, in this process. Nothing when it ran through
/// (or went on to an address without code, as calls do); else the fault of its data access. Not
/// thread-safe.
[[nodiscard]] std::optional<Fault> RunInstruction(const void* code,
                                                  const GeneralRegisters& registers);

/// Memory that ends where a page begins that nobody may touch.
class GuardedMemory {
 public:
  GuardedMemory();
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory();

  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t guard() const { return begin_ + kBytes; }

 private:
  static constexpr std::uint64_t kBytes = 64 << 10;
  std::uint64_t begin_ = 0;
};

}  // namespace heimdallr::replay
