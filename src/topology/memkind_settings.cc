#include "topology/memkind_settings.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "topology/machine_nodes.h"
#include "topology/number_list.h"

namespace heimdallr::topology {
namespace {

std::optional<std::string_view> ValueOf(const std::vector<std::string>& environment,
                                        std::string_view name) {
  for (const std::string_view entry : environment) {
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('=')) {
      return entry.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

absl::Status Wrong(std::string_view name, std::string_view value, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("memkind would not work with {}={}: {}", name, value, why));
}

constexpr std::uint64_t kMostOfInt = std::numeric_limits<std::int32_t>::max();

absl::Status CheckNumber(const std::vector<std::string>& environment, std::string_view name,
                         std::uint64_t least, std::uint64_t most = kMostOfInt) {
  const auto value = ValueOf(environment, name);
  if (!value) return absl::OkStatus();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  if (error == std::errc{} && end == value->data() + value->size() && number >= least &&
      number <= most) {
    return absl::OkStatus();
  }
  return Wrong(name, *value, fmt::format("it must be a whole number from {} to {}", least, most));
}

absl::Status CheckHeapManager(const std::vector<std::string>& environment) {
  constexpr std::string_view kName = "MEMKIND_HEAP_MANAGER";
  const auto value = ValueOf(environment, kName);
  if (!value || *value != "TBB") return absl::OkStatus();
  return Wrong(kName, *value, "heimdallr can use its usual one alone, JEMALLOC; unset it");
}

// numa_parse_nodestring(3) knows more than lists: what it computes from others is left to it.
bool IsComputed(std::string_view nodes) {
  return nodes == "all" || nodes == "same" || nodes.starts_with('!') || nodes.starts_with('+');
}

// libnuma, and with it memkind, takes a list only if the process may use each node of it.
absl::Status CheckNodeList(const std::vector<std::string>& environment, std::string_view name,
                           const std::vector<NodeInfo>& nodes,
                           const std::vector<std::uint32_t>& allowed_nodes) {
  const auto value = ValueOf(environment, name);
  if (!value || IsComputed(*value)) return absl::OkStatus();
  const auto list = ParseNumberList(*value);
  if (!list.ok() || list->empty()) {
    return Wrong(name, *value, "it must be a list of memory nodes such as 0-3,8");
  }
  for (const std::uint32_t id : *list) {
    const NodeInfo* const node = FindNode(nodes, id);
    if (node == nullptr) return Wrong(name, *value, fmt::format("there is no node {}", id));
    if (node->memory_bytes == 0) {
      return Wrong(name, *value, fmt::format("node {} has no memory", id));
    }
    if (!allowed_nodes.empty() &&
        std::find(allowed_nodes.begin(), allowed_nodes.end(), id) == allowed_nodes.end()) {
      return Wrong(name, *value,
                   fmt::format("this process may not use the memory of node {} (its cpuset has {})",
                               id, FormatNumberList(allowed_nodes)));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckMemkindSettings(const std::vector<std::string>& environment,
                                  std::string_view kind, const std::vector<NodeInfo>& nodes,
                                  const std::vector<std::uint32_t>& allowed_nodes) {
  // Beyond, the library would leave them out (hooks_memkind.cc): memkind ends the process at some
  // values.
  constexpr std::uint64_t kMostPerKind = 4096;
  RETURN_IF_ERROR(CheckNumber(environment, "MEMKIND_ARENA_NUM_PER_KIND", 1, kMostPerKind));
  if (ValueOf(environment, "MEMKIND_BACKGROUND_THREAD_LIMIT") != "") {  // empty is as if unset
    RETURN_IF_ERROR(CheckNumber(environment, "MEMKIND_BACKGROUND_THREAD_LIMIT", 0, kMostPerKind));
  }
  RETURN_IF_ERROR(CheckHeapManager(environment));
  if (kind.starts_with("hbw")) {
    RETURN_IF_ERROR(CheckNodeList(environment, "MEMKIND_HBW_NODES", nodes, allowed_nodes));
    RETURN_IF_ERROR(CheckNumber(environment, "MEMKIND_HBW_THRESHOLD", 0));
  }
  if (kind.starts_with("dax-kmem")) {
    RETURN_IF_ERROR(CheckNodeList(environment, "MEMKIND_DAX_KMEM_NODES", nodes, allowed_nodes));
  }
  return absl::OkStatus();
}

}  // namespace heimdallr::topology
