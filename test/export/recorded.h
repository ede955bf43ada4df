// A recording in memory, and where its exports go.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/record_source.h"
#include "export/byte_sink.h"

namespace heimdallr::exports {

inline constexpr std::int32_t kPid = 100;
inline constexpr std::uint64_t kText = 0x401000;  // of the program, whose file has it at 0x1000

/// Appends to a string.
class StringSink : public ByteSink {
 public:
  absl::Status Write(std::string_view bytes) override {
    text_ += bytes;
    return absl::OkStatus();
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Records of one process that executes "/bin/prog".
class Recorded : public analysis::RecordSource {
 public:
  Recorded() {
    header_.page_size_bytes = 4096;
    header_.pid = kPid;
    header_.command_line = {"prog", "1"};
    header_.streams = {{.id = 1, .source = SourceKind::kPmu, .name = "pmu", .event = "mem-loads"}};
    header_.allocations = true;
    Add(ProcessRecord{.command = "prog",
                      .executable = "/bin/prog",
                      .pid = kPid,
                      .event = ProcessEvent::kExec},
        MappingRecord{.address = kText,
                      .size = 0x1000,
                      .offset = 0x1000,
                      .path = "/bin/prog",
                      .protection = PROT_READ | PROT_EXEC,
                      .pid = kPid,
                      .tid = kPid});
  }

  template <typename... Records>
  void Add(const Records&... more) {
    (records_.push_back(more), ...);
  }
  /// Names the call that returns to `return_address`, or the instruction there, innermost first.
  void NameCall(std::uint64_t return_address, std::vector<CodeFrame> frames) {
    NameCode(return_address - 1, std::move(frames));
  }
  void NameCode(std::uint64_t address, std::vector<CodeFrame> frames) {
    ModuleSymbols& module = symbols_.modules[{"/bin/prog", ""}];
    module.path = "/bin/prog";
    module.code.push_back({.offset = address - kText + 0x1000, .frames = std::move(frames)});
    std::sort(module.code.begin(), module.code.end(),
              [](const CodeSymbol& a, const CodeSymbol& b) { return a.offset < b.offset; });
  }
  std::uint32_t AddStack(std::vector<std::uint64_t> frames) {
    stacks_.push_back(std::move(frames));
    return static_cast<std::uint32_t>(stacks_.size());
  }
  TraceHeader& mutable_header() { return header_; }

  const TraceHeader& header() const override { return header_; }
  absl::StatusOr<const Record*> Next() override {
    return next_ < records_.size() ? &records_[next_++] : nullptr;
  }
  std::span<const std::uint64_t> Stack(std::uint32_t id) const override {
    if (id == 0 || id > stacks_.size()) return {};
    return stacks_[id - 1];
  }
  const Symbols& symbols() const override { return symbols_; }
  const TraceExtent& extent() const override { return extent_; }
  const std::optional<RecorderStatistics>& recorder_statistics() const override {
    return statistics_;
  }

 private:
  TraceHeader header_;
  std::vector<Record> records_;
  std::vector<std::vector<std::uint64_t>> stacks_;
  Symbols symbols_;
  std::size_t next_ = 0;
  TraceExtent extent_;
  std::optional<RecorderStatistics> statistics_;
};

inline AllocationRecord Malloc(std::uint64_t time_ns, std::uint64_t address, std::uint64_t size,
                               std::uint64_t caller = kText + 0x10) {
  return {.time_ns = time_ns,
          .address = address,
          .size = size,
          .caller = caller,
          .pid = kPid,
          .tid = kPid,
          .call = AllocationCall::kMalloc};
}

inline AllocationRecord Free(std::uint64_t time_ns, std::uint64_t address) {
  return {.time_ns = time_ns,
          .address = address,
          .pid = kPid,
          .tid = kPid,
          .call = AllocationCall::kFree,
          .event = AllocationEvent::kDeallocate};
}

/// A sample of `period` accesses.
inline AccessRecord Access(std::uint64_t time_ns, std::uint64_t address, AccessKind kind,
                           std::uint64_t period = 10) {
  return {.time_ns = time_ns,
          .ip = kText + 0x20,
          .address = address,
          .tick = time_ns,
          .period = period,
          .pid = kPid,
          .tid = kPid,
          .size = 8,
          .stream = 1,
          .kind = kind};
}

}  // namespace heimdallr::exports
