#include "analysis/memory_operation.h"

#include <array>
#include <string_view>

namespace heimdallr::analysis {
namespace {

// Fields of union perf_mem_data_src, linux/perf_event.h, by their lowest bit.
class Fields {
 public:
  explicit Fields(std::uint64_t value) : value_(value) {}

  [[nodiscard]] std::uint64_t operation() const { return Take(0, 5); }
  [[nodiscard]] std::uint64_t level() const { return Take(5, 14); }
  [[nodiscard]] std::uint64_t snoop() const { return Take(19, 5); }
  [[nodiscard]] std::uint64_t lock() const { return Take(24, 2); }
  [[nodiscard]] std::uint64_t tlb() const { return Take(26, 7); }
  [[nodiscard]] std::uint64_t level_number() const { return Take(33, 4); }
  [[nodiscard]] bool remote() const { return Take(37, 1) != 0; }
  [[nodiscard]] std::uint64_t snoop_more() const { return Take(38, 2); }
  [[nodiscard]] std::uint64_t blocked() const { return Take(40, 3); }
  [[nodiscard]] std::uint64_t hops() const { return Take(43, 3); }

 private:
  [[nodiscard]] std::uint64_t Take(unsigned shift, unsigned bits) const {
    return value_ >> shift & ((std::uint64_t{1} << bits) - 1);
  }

  std::uint64_t value_;
};

constexpr std::string_view kNotKnown = "N/A";

// The names of the bits that are set, the lowest first; empty names are of bits with another
// meaning.
template <std::size_t kBits>
std::string Names(std::uint64_t bits, const std::array<std::string_view, kBits>& names) {
  std::string text;
  for (std::size_t i = 0; i < kBits; ++i) {
    if ((bits >> i & 1) == 0 || names[i].empty()) continue;
    if (!text.empty()) text += " or ";
    text += names[i];
  }
  return text;
}

std::string OrNotKnown(std::string text) {
  return text.empty() ? std::string(kNotKnown) : std::move(text);
}

// Bits 1 and 2 of levels and TLBs.
std::string_view Outcome(std::uint64_t bits) {
  constexpr std::uint64_t kHit = 1U << 1;
  constexpr std::uint64_t kMiss = 1U << 2;
  if ((bits & kHit) != 0) return " hit";
  return (bits & kMiss) != 0 ? " miss" : "";
}

std::string Operation(const Fields& fields) {
  return OrNotKnown(Names<5>(fields.operation(), {"", "LOAD", "STORE", "PFETCH", "EXEC"}));
}

std::string_view LevelName(std::uint64_t number) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "",     "L1",       "L2",  "L3",  "L4",        "L2 MHB",  "Memory-side Cache",
      "L0",   "Uncached", "CXL", "I/O", "Any cache", "LFB/MAB", "RAM",
      "PMEM", ""};
  return kNames[number];
}

std::string Level(const Fields& fields) {
  std::string text(LevelName(fields.level_number()));
  if (!text.empty()) {
    if (fields.remote()) text = "Remote " + text;
  } else {
    text = Names<14>(fields.level(),
                     {"", "", "", "L1", "LFB/MAB", "L2", "L3", "Local RAM", "Remote RAM (1 hop)",
                      "Remote RAM (2 hops)", "Remote Cache (1 hop)", "Remote Cache (2 hops)", "I/O",
                      "Uncached"});
  }
  if (text.empty()) return std::string(kNotKnown);
  text += Outcome(fields.level());
  if (fields.hops() != 0) text += ", " + std::to_string(fields.hops()) + " hops";
  return text;
}

std::string Snoop(const Fields& fields) {
  std::string text = Names<5>(fields.snoop(), {"", "None", "Hit", "Miss", "HitM"});
  const std::string more = Names<2>(fields.snoop_more(), {"Fwd", "Peer"});
  if (!text.empty() && !more.empty()) text += " or ";
  return OrNotKnown(text + more);
}

std::string Translation(const Fields& fields) {
  std::string text = Names<7>(fields.tlb(), {"", "", "", "L1", "L2", "Walker", "Fault"});
  if (text.empty()) return std::string(kNotKnown);
  return text + std::string(Outcome(fields.tlb()));
}

std::string_view Lock(const Fields& fields) {
  constexpr std::uint64_t kLocked = 1U << 1;
  if ((fields.lock() & 1) != 0) return kNotKnown;
  return (fields.lock() & kLocked) != 0 ? "Yes" : "No";
}

std::string Blocked(const Fields& fields) {
  return OrNotKnown(Names<3>(fields.blocked(), {"", "Data", "Addr"}));
}

}  // namespace

std::string MemoryOperationText(std::uint64_t perf_mem_data_src) {
  const Fields fields(perf_mem_data_src);
  return "OP " + Operation(fields) + "|LVL " + Level(fields) + "|SNP " + Snoop(fields) + "|TLB " +
         Translation(fields) + "|LCK " + std::string(Lock(fields)) + "|BLK " + Blocked(fields);
}

}  // namespace heimdallr::analysis
