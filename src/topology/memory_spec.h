// What `--memory` asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace heimdallr::topology {

/// How the kernel places pages, as set_mempolicy(2).
enum class MemoryPolicy : std::uint8_t {
  kDefault,     ///< local to the processor that touches a page first
  kBind,        ///< on the nodes alone
  kPreferred,   ///< on the node while it has room
  kInterleave,  ///< in turns on the nodes
};

/// One of three: a policy of the kernel for all memory of the workload, a kind of memkind for its
/// heap, or a file-backed heap. All empty: nothing is asked for.
struct MemorySpec {
  std::string text;  ///< as it was asked for
  MemoryPolicy policy = MemoryPolicy::kDefault;
  std::vector<std::uint32_t> nodes;  ///< of the policy, ascending
  std::string kind;                  ///< memkind's name as in the command line: "dax-kmem-all"
  std::string folder;                ///< of the file-backed heap
  std::uint64_t size_bytes = 0;      ///< of the file-backed heap; 0 = as much as there is room
};

/// Reads `default`, `node:N[,N]`, `preferred:N`, `interleave:N,N`, `kind:NAME`,
/// `pmem:FOLDER[,size=BYTES]` with BYTES as "8G". Node lists may have ranges, "0-3".
/// InvalidArgument says what is wrong and what is allowed; nothing of the machine is looked at.
[[nodiscard]] absl::StatusOr<MemorySpec> ParseMemorySpec(std::string_view text);

/// Reads "8G", "512M", "4096", "1KiB"; units are powers of 1024. InvalidArgument when it is none,
/// 0, or 2^63 and more.
[[nodiscard]] absl::StatusOr<std::uint64_t> ParseByteSize(std::string_view text);

}  // namespace heimdallr::topology
