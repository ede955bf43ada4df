#include "topology/machine_nodes.h"

#include <numaif.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <string_view>

#include <fmt/format.h>

#include "base/file.h"
#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "topology/number_list.h"

namespace heimdallr::topology {
namespace {

constexpr std::size_t kMostCpus = std::size_t{kMaxListedNumber} + 1;
// More would not fit into a page, and be refused (mm/mempolicy.c); there are 1024 at most.
constexpr std::size_t kMostNodes = 8192;
constexpr std::size_t kBitsAWord = sizeof(unsigned long) * CHAR_BIT;

absl::Status NotUnderstood(const std::string& path, std::string_view text) {
  return absl::DataLossError(fmt::format("'{}' has '{}'", path, text));
}

absl::StatusOr<std::vector<std::uint32_t>> ReadList(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(path));
  auto list = ParseNumberList(text);
  if (!list.ok()) return NotUnderstood(path, text);
  return list;
}

// "10 20 40\n"
absl::StatusOr<std::vector<std::uint32_t>> ReadDistances(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(path));
  std::vector<std::uint32_t> distances;
  std::string_view rest = text;
  while (true) {
    const std::size_t first = rest.find_first_not_of(" \n");
    if (first == std::string_view::npos) return distances;
    rest.remove_prefix(first);
    std::uint32_t distance = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), distance);
    if (error != std::errc{}) return NotUnderstood(path, text);
    distances.push_back(distance);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
}

// The line "Node 0 MemTotal:       24684084 kB".
absl::StatusOr<std::uint64_t> ReadMemoryBytes(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, base::ReadSmallFile(path));
  constexpr std::string_view kKey = "MemTotal:";
  const std::size_t key = text.find(kKey);
  if (key == std::string::npos) return NotUnderstood(path, text.substr(0, 100));
  std::string_view value = std::string_view(text).substr(key + kKey.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  std::uint64_t kib = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), kib);
  if (error != std::errc{}) return NotUnderstood(path, value.substr(0, 100));
  return kib * 1024;
}

std::vector<std::uint32_t> SetBits(const std::vector<unsigned long>& mask) {
  std::vector<std::uint32_t> bits;
  for (std::size_t bit = 0; bit < mask.size() * kBitsAWord; ++bit) {
    if ((mask[bit / kBitsAWord] >> (bit % kBitsAWord) & 1) != 0) {
      bits.push_back(static_cast<std::uint32_t>(bit));
    }
  }
  return bits;
}

}  // namespace

absl::StatusOr<std::vector<NodeInfo>> ReadMachineNodes(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::uint32_t> online, ReadList(folder + "/online"));
  std::vector<NodeInfo> nodes;
  for (const std::uint32_t id : online) {
    const std::string of_node = fmt::format("{}/node{}", folder, id);
    NodeInfo node{.id = id};
    ASSIGN_OR_RETURN(node.memory_bytes, ReadMemoryBytes(of_node + "/meminfo"));
    ASSIGN_OR_RETURN(node.cpus, ReadList(of_node + "/cpulist"));
    ASSIGN_OR_RETURN(node.distances, ReadDistances(of_node + "/distance"));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

absl::StatusOr<std::vector<std::uint32_t>> AllowedMemoryNodes() {
  std::vector<unsigned long> mask(kMostNodes / kBitsAWord);
  if (get_mempolicy(nullptr, mask.data(), kMostNodes, nullptr, MPOL_F_MEMS_ALLOWED) != 0) {
    return base::SyscallError(errno, "cannot ask which memory nodes this process may use");
  }
  return SetBits(mask);
}

absl::StatusOr<std::vector<std::uint32_t>> AllowedCpus() {
  std::vector<unsigned long> mask(kMostCpus / kBitsAWord);
  if (sched_getaffinity(0, mask.size() * sizeof(unsigned long),
                        reinterpret_cast<cpu_set_t*>(mask.data())) != 0) {
    return base::SyscallError(errno, "cannot ask which processors this process may use");
  }
  return SetBits(mask);
}

const NodeInfo* FindNode(const std::vector<NodeInfo>& nodes, std::uint32_t id) {
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [id](const NodeInfo& node) { return node.id == id; });
  return found == nodes.end() ? nullptr : &*found;
}

}  // namespace heimdallr::topology
