// Runs a program under the interposer and counts what the channel delivers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "channel/channel.h"

namespace heimdallr::test {

/// One event as the tests look at it.
struct SeenEvent {
  channel::RingOwner owner;
  channel::EventCode code{};
  std::uint64_t time = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  std::uint64_t payload = 0;
  channel::MemoryCode memory{};  ///< of a heap block that was made
};

struct RunOptions {
  channel::ChannelOptions channel;
  std::vector<std::string> environment;  ///< NAME=VALUE, added
  std::string preload_after;             ///< libraries behind ours in LD_PRELOAD
  bool keep_events = false;              ///< else only counts are kept
  bool drop_output = false;
  bool interposed = true;
  std::int32_t recorder_pid = 0;  ///< 0 = the own one
  /// Called before each round; false = do not read in this round.
  std::function<bool(channel::Channel&)> before_poll;
};

struct RunResult {
  int status = 0;  ///< as wait(2)
  std::string output;
  channel::ChannelTotals totals;
  std::array<std::uint64_t, 128> by_code{};
  std::uint64_t bytes = 0;  ///< asked for by allocations
  std::vector<SeenEvent> events;
  std::set<std::int32_t> processes;
  std::map<std::uint64_t, std::vector<std::uint64_t>> stacks;  ///< by id
  std::uint64_t unknown_stacks = 0;  ///< events that name a stack not defined before
  std::uint64_t gone = 0;            ///< owners reported gone

  [[nodiscard]] std::uint64_t Count(channel::EventCode code) const {
    return by_code[static_cast<std::size_t>(code)];
  }
  [[nodiscard]] std::uint64_t Count(int code) const {
    return by_code[static_cast<std::size_t>(code)];
  }
};

/// What HEIMDALLR_TEST_MEMORY names: the memory that programs get from libheimdallr-memkind.so, as
/// channel::kMemoryVariable. Empty = they run without it.
std::string TestMemory();

/// A heap allocation: malloc and its relatives, and operator new.
bool MakesHeapBlock(channel::EventCode code);

/// Runs until the program and everything it started has ended. Aborts when it cannot be started.
RunResult Run(const std::vector<std::string>& command, const RunOptions& options = {});

}  // namespace heimdallr::test
