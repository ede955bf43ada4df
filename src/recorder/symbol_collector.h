// Which code and data occurs in the trace, and what it is called.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "process/symbolizer.h"
#include "recorder/address_spaces.h"

namespace heimdallr::trace {
class TraceWriter;
}

namespace heimdallr::recorder {

/// Collects addresses while the recording goes on, at the cost of a look into a small table for
/// those seen just before; names them when it has ended. Not thread-safe.
class SymbolCollector {
 public:
  /// `spaces` must outlive this object.
  explicit SymbolCollector(const AddressSpaces& spaces) : spaces_(spaces) {}

  /// An instruction that accessed memory, of a process whose mappings are known up to that time.
  void OnCode(std::int32_t pid, std::uint64_t ip) {
    if (IsNew(recent_code_, pid, ip)) AddCode(pid, ip);
  }
  /// The return address of a call. The mappings may be heard of later than the call.
  void OnCall(std::int32_t pid, std::uint64_t return_address) {
    if (return_address != 0 && IsNew(recent_calls_, pid, return_address)) {
      Insert(return_address - 1, pending_[pid]);
    }
  }
  /// An address that was accessed, likewise.
  void OnData(std::int32_t pid, std::uint64_t address) {
    if (IsNew(recent_data_, pid, address / kDataPageBytes)) AddData(pid, address);
  }

  /// The mappings of a process change for good: what was collected so far is looked up in those it
  /// has now.
  void OnImageEnds(std::int32_t pid);
  /// Code was mapped: an address seen before may be another place now.
  void OnCodeMapped() { ForgetRecent(); }
  /// Now and then: the mappings of what came before the last call are known.
  void OnRound();

  /// Names everything, reading the files of the modules, and writes it. When `go_on` says no, the
  /// rest keeps the names of its modules alone.
  void Write(trace::TraceWriter& writer, const std::function<bool()>& go_on);

  /// Data is remembered by pages of this size: all variables that share one are named.
  static constexpr std::uint64_t kDataPageBytes = 4096;

 private:
  using Addresses = absl::flat_hash_set<std::uint64_t>;
  using ByProcess = std::unordered_map<std::int32_t, Addresses>;

  struct Seen {
    std::int32_t pid = 0;
    std::uint64_t value = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  using Recent = std::array<Seen, 1024>;
  static bool IsNew(Recent& recent, std::int32_t pid, std::uint64_t value) {
    // Multiplicative hashing, 2^64 / golden ratio; ids of processes differ in their low bits.
    const std::uint64_t mixed = (value + static_cast<std::uint64_t>(pid)) * 0x9e3779b97f4a7c15;
    Seen& seen = recent[mixed >> 54];
    if (seen == Seen{pid, value}) return false;
    seen = {pid, value};
    return true;
  }

  // What occurs of one module.
  struct Occurring {
    Addresses code;        // file offsets
    Addresses data_pages;  // offsets from its first mapped byte / kDataPageBytes
  };

  // What a workload can make us keep of one module or process: 16 MiB, or 4 GiB of static data.
  static constexpr std::size_t kMaxAddresses = std::size_t{1} << 20;
  static void Insert(std::uint64_t address, Addresses& to) {
    if (to.size() < kMaxAddresses) to.insert(address);
  }

  void AddCode(std::int32_t pid, std::uint64_t address);
  void AddData(std::int32_t pid, std::uint64_t address);
  Occurring& Of(AddressSpaces::ModuleId module);
  /// Moves addresses whose place is known now to their modules, and the others to `rest`.
  void Place(const ByProcess::value_type& addresses, ByProcess& rest);
  void ForgetRecent();
  /// Modules that readers cannot tell apart, as their path and build-id are equal.
  using Namesakes = std::vector<AddressSpaces::ModuleId>;
  [[nodiscard]] std::vector<Namesakes> GroupModules() const;
  [[nodiscard]] absl::StatusOr<process::Symbolizer> OpenModule(const Namesakes& modules,
                                                               const std::string& name) const;
  void WriteModule(const Namesakes& modules, trace::TraceWriter& writer,
                   const std::function<bool()>& go_on);
  void WriteOwnCode(trace::TraceWriter& writer) const;

  const AddressSpaces& spaces_;
  Recent recent_code_{};
  Recent recent_calls_{};
  Recent recent_data_{};
  std::vector<Occurring> modules_;  // by module id, from 1
  ByProcess pending_;               // calls since the last round
  ByProcess waiting_;   // calls since the round before whose mappings were not heard of yet
  ByProcess own_code_;  // in no module: made by the process itself
};

}  // namespace heimdallr::recorder
