// A made-up program for measurements: its objects, its code and their names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heimdallr/records.h"
#include "heimdallr/symbols.h"

namespace heimdallr::bench {

inline constexpr std::size_t kThreads = 8;
inline constexpr std::size_t kObjects = 20;
inline constexpr std::size_t kInstructions = 200;
inline constexpr std::size_t kChurnSites = 40;
inline constexpr std::int32_t kPid = 4711;

/// Names that are harmless everywhere, or that break a careless reader: markup, quotes, newlines,
/// bytes that are no UTF-8, 10 kB.
enum class Names { kPlain, kHostile };

/// A block of memory that lives from `begin_ns` to before `end_ns`.
struct Object {
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< bytes
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;  ///< 0 = it is never freed
  std::uint64_t caller = 0;  ///< return address of its malloc
  std::int32_t tid = 0;      ///< of the thread that makes it
};

/// An instruction that goes through one object with a stride, or anywhere in it.
struct Instruction {
  std::uint64_t address = 0;
  std::size_t object = 0;
  std::uint64_t stride = 0;  ///< bytes; 0 = random
  AccessKind kind = AccessKind::kLoad;
};

struct Program {
  std::vector<Object> objects;            ///< kObjects, 4 KiB to 256 MiB
  std::vector<Instruction> instructions;  ///< kInstructions, 120 of them strided
  std::vector<std::uint64_t> churn_callers;
  std::vector<std::string> thread_names;
  std::string path;
  std::string build_id;
  ModuleSymbols symbols;

  [[nodiscard]] static std::int32_t Tid(std::size_t thread) {
    return kPid + static_cast<std::int32_t>(thread);
  }
  /// The executable's text and data, and the stack.
  [[nodiscard]] std::vector<MappingRecord> Mappings() const;
};

/// The program for a recording of `duration_ns`. The same arguments make the same program.
[[nodiscard]] Program MakeProgram(std::uint64_t duration_ns, Names names);

}  // namespace heimdallr::bench
