#include "cli/placement_options.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "topology/memory_spec.h"
#include "topology/number_list.h"

namespace heimdallr::cli {
namespace {

using recorder::PlacementOptions;

constexpr std::string_view kPmem = "pmem";
constexpr std::string_view kEarlierNames = "HEIMDALLR_PMEMDIR and HEIMDALLR_PMEMSIZE";
constexpr std::string_view kPrivatise = "privatise";
constexpr std::string_view kRefuse = "refuse";

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string CheckFork(const std::string& text) {
  if (text == kPrivatise || text == kRefuse) return {};
  return fmt::format("'{}' is not 'privatise' or 'refuse'", text);
}

std::string CheckCpus(const std::string& text) {
  const auto list = topology::ParseNumberList(text);
  if (!list.ok()) return std::string(base::Message(list.status()));
  return list->empty() ? "the list is empty" : "";
}

absl::Status Wrong(std::string_view option, const absl::Status& status) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", option, base::Message(status)));
}

// With HEIMDALLR_PMEMDIR in place of a folder that `memory` ("pmem" or "pmem,size=8G") leaves out.
absl::StatusOr<std::string> WithFolder(const std::string& memory, const EarlierVariables& earlier) {
  if (earlier.pmem_folder.empty()) {
    return absl::InvalidArgumentError(
        "--memory pmem names no folder, nor does HEIMDALLR_PMEMDIR; write --memory pmem:FOLDER");
  }
  std::string size = memory.substr(kPmem.size());
  if (size.empty() && !earlier.pmem_size.empty()) size = ",size=" + earlier.pmem_size;
  return fmt::format("pmem:{}{}", earlier.pmem_folder, size);
}

absl::StatusOr<topology::MemorySpec> ReadMemory(const std::optional<std::string>& asked,
                                                const EarlierVariables& earlier) {
  if (!asked && earlier.pmem_folder.empty()) return topology::MemorySpec{};
  const std::string_view source = asked ? "--memory" : kEarlierNames;
  std::string memory = asked.value_or(std::string(kPmem));
  if (memory == kPmem || memory.starts_with("pmem,")) {
    ASSIGN_OR_RETURN(memory, WithFolder(memory, earlier));
  }
  auto spec = topology::ParseMemorySpec(memory);
  if (!spec.ok()) return Wrong(source, spec.status());
  return spec;
}

}  // namespace

void AddPlacementOptions(CLI::App& app, PlacementTexts& texts) {
  app.add_option("--memory", texts.memory,
                 "Where the command's memory comes from: node:N,N (bound to these nodes), "
                 "preferred:N, interleave:N,N, a kind of memkind's for its heap (kind:NAME), or a "
                 "file for its heap (pmem:FOLDER,size=8G; HEIMDALLR_PMEMDIR and HEIMDALLR_PMEMSIZE "
                 "ask for it too)")
      ->option_text("SPEC");
  app.add_option("--mem-node", texts.mem_node,
                 "As --memory node:N; beside kind: and pmem: for all memory but their heap")
      ->option_text("N")
      ->check(CLI::Range(0U, topology::kMaxListedNumber).description(""));
  app.add_option("--cpu-node", texts.cpu_node,
                 "Run the command on the processors of this node, and the recorder on others where "
                 "there are any")
      ->option_text("N")
      ->check(CLI::Range(0U, topology::kMaxListedNumber).description(""));
  app.add_option("--recorder-cpus", texts.recorder_cpus,
                 "Processors for the recorder, such as 0-3,8")
      ->option_text("LIST")
      ->check(CheckCpus);
  app.add_flag("--memory-fallback", texts.memory_fallback,
               "Where a kind: or pmem: has no room, take the default memory (else the allocation "
               "fails)");
  app.add_option("--memory-fork", texts.memory_fork,
                 "Forked processes get a copy of a pmem: heap (default privatise), or fork fails")
      ->option_text("privatise|refuse")
      ->check(CheckFork);
}

EarlierVariables ReadEarlierVariables() {
  return {.pmem_folder = Variable("HEIMDALLR_PMEMDIR"),
          .pmem_size = Variable("HEIMDALLR_PMEMSIZE")};
}

absl::StatusOr<PlacementOptions> ReadPlacement(const PlacementTexts& texts,
                                               const EarlierVariables& earlier) {
  PlacementOptions options{.mem_node = texts.mem_node, .cpu_node = texts.cpu_node};
  ASSIGN_OR_RETURN(options.memory, ReadMemory(texts.memory, earlier));
  if (!texts.memory && !options.memory.folder.empty()) options.memory_from = "HEIMDALLR_PMEMDIR";
  auto cpus = topology::ParseNumberList(texts.recorder_cpus);
  if (!cpus.ok()) return Wrong("--recorder-cpus", cpus.status());
  options.recorder_cpus = *std::move(cpus);
  if (texts.memory_fallback) options.no_room = recorder::NoRoom::kDefaultMemory;
  if (texts.memory_fork == kRefuse) options.forked_heap = recorder::ForkedHeap::kRefuse;
  return options;
}

}  // namespace heimdallr::cli
