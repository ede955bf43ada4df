// Kernel records as typed values that own what they hold.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace heimdallr::perf {

/// Where and when a record was made; members that were not asked for are 0.
struct Origin {
  std::uint64_t time_ns = 0;   ///< of the event's clock
  std::uint64_t event_id = 0;  ///< Event::id
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint32_t cpu = 0;
};

/// Registers of a sample in user mode, in the kernel's order (asm/perf_regs.h of the architecture).
struct UserRegisters {
  static constexpr std::size_t kMaxRegisters = 48;

  std::uint64_t abi = 0;   ///< PERF_SAMPLE_REGS_ABI_*; NONE (0) = a kernel thread, no registers
  std::uint64_t mask = 0;  ///< which are present; 0 when abi is NONE
  std::array<std::uint64_t, kMaxRegisters> values{};  ///< the first popcount(mask) are set

  /// Present values in ascending order of their number.
  [[nodiscard]] std::span<const std::uint64_t> present() const;
  /// Register `number` of asm/perf_regs.h, if present.
  [[nodiscard]] std::optional<std::uint64_t> Get(unsigned number) const;
};

struct SampleRecord {
  Origin origin;
  std::uint64_t ip = 0;
  std::uint64_t address = 0;
  std::uint64_t period = 0;
  std::uint64_t data_source = 0;       ///< perf_mem_data_src
  std::uint64_t physical_address = 0;  ///< 0 = not mapped at that time, or not asked for
  std::uint64_t data_page_bytes = 0;
  std::uint64_t code_page_bytes = 0;
  std::uint64_t latency_cycles = 0;              ///< weight, or var1_dw of the weight struct
  std::uint16_t instruction_latency_cycles = 0;  ///< var2_w of the weight struct
  std::uint16_t weight3 = 0;                     ///< var3_w of the weight struct
  bool user_mode = false;
  bool exact_ip = false;  ///< `ip` is the sampled instruction itself
  /// REGS_USER; without those REGS_INTR, of samples in user mode.
  UserRegisters user_registers;
  std::vector<std::uint64_t> callchain;  ///< innermost first, with PERF_CONTEXT_* markers
};

/// MMAP2, or the older MMAP (then `protection`, `flags` and the file's identity are 0).
struct MmapRecord {
  Origin origin;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  std::uint64_t inode = 0;  ///< 0 when `build_id` is given instead
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint32_t protection = 0;  ///< PROT_*
  std::uint32_t flags = 0;       ///< MAP_*
  bool data = false;             ///< of MMAP: not executable. MMAP2 says it by `protection`
  std::string build_id;          ///< bytes
  std::string path;
};

struct CommRecord {
  Origin origin;
  std::int32_t pid = 0;
  std::int32_t tid = 0;
  bool exec = false;
  std::string name;
};

struct ForkRecord {
  Origin origin;
  std::int32_t pid = 0;
  std::int32_t parent_pid = 0;
  std::int32_t tid = 0;
  std::int32_t parent_tid = 0;
};

struct ExitRecord {
  Origin origin;
  std::int32_t pid = 0;
  std::int32_t parent_pid = 0;
  std::int32_t tid = 0;
  std::int32_t parent_tid = 0;
};

/// The ring was full.
struct LostRecord {
  Origin origin;
  std::uint64_t event_id = 0;  ///< of the event that found room again, not of each one lost
  std::uint64_t count = 0;     ///< records of any event of the ring
};

/// The hardware dropped samples before the ring.
struct LostSamplesRecord {
  Origin origin;
  std::uint64_t count = 0;
};

/// The kernel stopped the event for the rest of its tick, or started it again.
struct ThrottleRecord {
  Origin origin;
  std::uint64_t event_id = 0;
  std::uint64_t stream_id = 0;
  bool throttled = true;
};

/// The hardware has written a piece of the AUX area.
struct AuxRecord {
  Origin origin;             ///< of the thread that ran meanwhile
  std::uint64_t offset = 0;  ///< of the piece, counted from the area's first byte on for ever
  std::uint64_t size = 0;    ///< bytes
  std::uint64_t flags = 0;   ///< PERF_AUX_FLAG_*
};

struct UnknownRecord {
  Origin origin;
  std::uint32_t type = 0;
  std::uint16_t misc = 0;
  std::uint32_t size = 0;  ///< bytes
};

using KernelRecord =
    std::variant<SampleRecord, MmapRecord, CommRecord, ForkRecord, ExitRecord, LostRecord,
                 LostSamplesRecord, ThrottleRecord, AuxRecord, UnknownRecord>;

[[nodiscard]] const Origin& OriginOf(const KernelRecord& record);

}  // namespace heimdallr::perf
