#include "topology/memory_spec.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "topology/number_list.h"

namespace heimdallr::topology {
namespace {

constexpr std::string_view kForms =
    "default, node:N[,N], preferred:N, interleave:N,N, kind:NAME or pmem:FOLDER[,size=8G]";
constexpr std::string_view kSizeMark = ",size=";
constexpr std::uint64_t kLargestSize = std::numeric_limits<std::int64_t>::max();

absl::Status Wrong(std::string_view text, std::string_view why) {
  return absl::InvalidArgumentError(fmt::format("'{}': {}", text, why));
}

// The shift of "", "B", "K", "KB", "KiB", and so on to T; all are powers of 1024.
std::optional<int> UnitShift(std::string_view unit) {
  if (unit.empty() || unit == "B" || unit == "b") return 0;
  constexpr std::string_view kLetters = "KMGT";
  const std::size_t letter = kLetters.find(
      unit[0] >= 'a' && unit[0] <= 'z' ? static_cast<char>(unit[0] - 'a' + 'A') : unit[0]);
  if (letter == std::string_view::npos) return std::nullopt;
  const std::string_view rest = unit.substr(1);
  if (!rest.empty() && rest != "B" && rest != "b" && rest != "iB" && rest != "ib") {
    return std::nullopt;
  }
  return 10 * (static_cast<int>(letter) + 1);
}

absl::Status ParseNodes(std::string_view list, MemorySpec& spec) {
  auto nodes = ParseNumberList(list);
  if (!nodes.ok()) return Wrong(spec.text, base::Message(nodes.status()));
  if (nodes->empty()) return Wrong(spec.text, "it names no memory node");
  if (spec.policy == MemoryPolicy::kPreferred && nodes->size() > 1) {
    return Wrong(spec.text, "one node can be preferred, not several; bind to them by node:");
  }
  spec.nodes = *std::move(nodes);
  return absl::OkStatus();
}

absl::Status ParseFolder(std::string_view value, MemorySpec& spec) {
  // The last one: a folder may have such a name.
  const std::size_t mark = value.rfind(kSizeMark);
  spec.folder = value.substr(0, mark);
  if (mark != std::string_view::npos) {
    const auto size = ParseByteSize(value.substr(mark + kSizeMark.size()));
    if (!size.ok()) return Wrong(spec.text, base::Message(size.status()));
    spec.size_bytes = *size;
  }
  if (spec.folder.empty()) return Wrong(spec.text, "it names no folder; write pmem:FOLDER");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::uint64_t> ParseByteSize(std::string_view text) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  const auto shift = UnitShift({end, static_cast<std::size_t>(last - end)});
  if (error != std::errc{} || !shift || number == 0 || number > kLargestSize >> *shift) {
    return absl::InvalidArgumentError(
        fmt::format("'{}' is no size such as 512M or 8G, above 0", text));
  }
  return number << *shift;
}

absl::StatusOr<MemorySpec> ParseMemorySpec(std::string_view text) {
  MemorySpec spec{.text = std::string(text)};
  if (text == "default") return spec;
  const std::size_t colon = text.find(':');
  const std::string_view form = text.substr(0, colon);
  const std::string_view value =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);

  static constexpr std::array<std::pair<std::string_view, MemoryPolicy>, 3> kPolicies = {
      {{"node", MemoryPolicy::kBind},
       {"preferred", MemoryPolicy::kPreferred},
       {"interleave", MemoryPolicy::kInterleave}}};
  for (const auto& [name, policy] : kPolicies) {
    if (form != name) continue;
    spec.policy = policy;
    RETURN_IF_ERROR(ParseNodes(value, spec));
    return spec;
  }
  if (form == "kind") {
    spec.kind = value;
    if (value.empty()) return Wrong(text, "it names no kind; write kind:NAME");
    return spec;
  }
  if (form == "pmem") {
    RETURN_IF_ERROR(ParseFolder(value, spec));
    return spec;
  }
  return Wrong(text, fmt::format("memory is {}", kForms));
}

}  // namespace heimdallr::topology
