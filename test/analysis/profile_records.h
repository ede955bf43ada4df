// Short ways to write records of accesses and mappings, and to ask a profile about them.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "allocation_events.h"
#include "analysis/access_profile.h"
#include "analysis/profile_rows.h"
#include "heimdallr/records.h"

namespace heimdallr::analysis {

inline AccessRecord Load(std::uint64_t time_ns, std::uint64_t address, std::int32_t pid = kPid,
                         std::int32_t tid = 0) {
  return {.time_ns = time_ns,
          .ip = 0x400100,
          .address = address,
          .tick = time_ns,
          .period = 100,
          .pid = pid,
          .tid = tid == 0 ? pid : tid,
          .stream = 1,
          .kind = AccessKind::kLoad};
}

inline MappingRecord Mapped(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size,
                            std::string_view path = "//anon", std::uint64_t offset = 0,
                            std::int32_t pid = kPid) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .offset = offset,
          .path = path,
          .protection = PROT_READ | PROT_WRITE,
          .pid = pid,
          .tid = pid};
}

/// The code at 0x400000 of a program, with the accesses' instruction in it.
inline MappingRecord Code(std::int32_t pid = kPid) {
  MappingRecord code = Mapped(0, 0x400000, 0x10000, "/bin/solver", 0, pid);
  code.protection = PROT_READ | PROT_EXEC;
  return code;
}

/// A trace of the clock source, profiled as it is written.
class Profiled {
 public:
  explicit Profiled(Symbols symbols = {}, SourceKind source = SourceKind::kClock,
                    AccessObserver* observer = nullptr)
      : symbols_(std::move(symbols)),
        profile_(
            HeaderOf(source), symbols_,
            [this](std::uint32_t) { return std::span<const std::uint64_t>(stack_); }, observer) {
    profile_.Add(Start(kPid, 1));
    profile_.Add(Code());
  }

  template <typename... Records>
  void Add(const Records&... records) {
    (profile_.Add(Record(records)), ...);
  }
  /// What every stack in the records is.
  void SetStack(std::vector<std::uint64_t> stack) { stack_ = std::move(stack); }

  AccessProfile& End() {
    if (!ended_) profile_.Finish();
    ended_ = true;
    return profile_;
  }
  [[nodiscard]] CodeNames names() const { return {symbols_, profile_.modules()}; }
  std::vector<ObjectRow> Rows(ObjectBy by) { return ObjectRows(End(), names(), by); }

  /// The row of the object at this address that began at this time.
  std::optional<ObjectRow> At(std::uint64_t address, std::uint64_t start_ns = 0,
                              std::int32_t pid = kPid) {
    for (const ObjectRow& row : Rows(ObjectBy::kObject)) {
      if (row.address == address && row.pid == pid && (start_ns == 0 || row.start_ns == start_ns)) {
        return row;
      }
    }
    return std::nullopt;
  }
  std::uint64_t RecordsAt(std::uint64_t address, std::uint64_t start_ns = 0,
                          std::int32_t pid = kPid) {
    const auto row = At(address, start_ns, pid);
    return row ? row->quantities.records() : 0;
  }
  std::uint64_t Missing(Unmatched reason) { return End().objects().unmatched(reason).records(); }

 private:
  static TraceHeader HeaderOf(SourceKind source) {
    TraceHeader header;
    header.page_size_bytes = 4096;
    header.streams = {{.id = 1, .source = source}, {.id = 2, .source = SourceKind::kFaults}};
    return header;
  }

  Symbols symbols_;
  std::vector<std::uint64_t> stack_;
  AccessProfile profile_;
  bool ended_ = false;
};

}  // namespace heimdallr::analysis
