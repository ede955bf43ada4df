// Short ways to write allocation and process records in tests.
#pragma once

#include <cstdint>

#include "heimdallr/records.h"

namespace heimdallr::analysis {

inline constexpr std::int32_t kPid = 100;
inline constexpr std::uint64_t kCaller = 0x401000;

inline AllocationRecord Malloc(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size,
                               std::int32_t pid = kPid, std::uint64_t caller = kCaller) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .caller = caller,
          .pid = pid,
          .tid = pid,
          .call = AllocationCall::kMalloc};
}

inline AllocationRecord Free(std::uint64_t time_ns, std::uint64_t address,
                             std::int32_t pid = kPid) {
  return {.time_ns = time_ns,
          .address = address,
          .pid = pid,
          .tid = pid,
          .call = AllocationCall::kFree,
          .event = AllocationEvent::kDeallocate};
}

/// First half of realloc or mremap: the old block is given up.
inline AllocationRecord GiveUp(std::uint64_t time_ns, AllocationCall call, std::uint64_t address,
                               std::uint64_t size = 0, std::int32_t pid = kPid) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .caller = kCaller,
          .pid = pid,
          .tid = pid,
          .call = call,
          .event = AllocationEvent::kDeallocate};
}

/// Second half; `address` 0 = no new block.
inline AllocationRecord Renew(std::uint64_t time_ns, AllocationCall call, std::uint64_t address,
                              std::uint64_t size, std::uint64_t old_address,
                              std::int32_t pid = kPid) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .old_address = old_address,
          .caller = kCaller,
          .pid = pid,
          .tid = pid,
          .call = call};
}

inline AllocationRecord Map(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size,
                            AllocationCall call = AllocationCall::kMmap) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .caller = kCaller,
          .pid = kPid,
          .tid = kPid,
          .call = call};
}

inline ProcessRecord Start(std::int32_t pid, std::int32_t parent_pid) {
  return {.pid = pid, .parent_pid = parent_pid, .event = ProcessEvent::kStart};
}

inline ProcessRecord Exec(std::int32_t pid) { return {.pid = pid, .event = ProcessEvent::kExec}; }

inline ProcessRecord Exit(std::int32_t pid) { return {.pid = pid, .event = ProcessEvent::kExit}; }

}  // namespace heimdallr::analysis
