// The code of every process of the workload, so that an instruction can be read when its sample is
// decoded - which may be after the process has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/unique_fd.h"
#include "process/function_ranges.h"

namespace heimdallr::recorder {

/// Whether the kernel's name of a mapping is that of a file.
[[nodiscard]] bool NamesFile(std::string_view path);

/// Executable mappings by process. An address space is numbered anew at fork and exec, so that what
/// is cached for one is never taken for another. Not thread-safe.
class AddressSpaces {
 public:
  using Id = std::uint64_t;

  /// Address space of a process, made when it is not known yet.
  [[nodiscard]] Id IdOf(std::int32_t pid);

  /// The child starts with its parent's mappings.
  void OnFork(std::int32_t child, std::int32_t parent);
  /// A new image: empty. Returns the number of the space that ended.
  Id OnExec(std::int32_t pid);
  /// Returns the number of the space that ended.
  Id OnExit(std::int32_t pid);
  /// A mapped part of a file, as the kernel reports it. A `path` that names no file ("//anon",
  /// "[vdso]") is read from the process.
  struct MappedFile {
    std::string_view path;
    std::string_view build_id;  ///< bytes; empty = not known
    std::uint64_t inode = 0;    ///< 0 = not known
    std::uint64_t offset = 0;
  };
  /// Notes an executable mapping; what it covers of older ones is replaced.
  void OnMapped(std::int32_t pid, std::uint64_t address, std::uint64_t size,
                const MappedFile& file);

  /// Reads code bytes: from the mapped file, which outlives the process and is what was loaded even
  /// if the process has changed image since; from the living process where no file is mapped.
  /// Returns the number of bytes read, 0 when the code cannot be had.
  [[nodiscard]] std::size_t ReadCode(Id space, std::uint64_t address, std::span<std::byte> out);

  struct Range {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
  };
  /// Addresses of the function around `address`, by the symbols or the unwind table of the mapped
  /// file. Nothing for code without a file, or of a file without either.
  [[nodiscard]] std::optional<Range> FindFunction(Id space, std::uint64_t address);

 private:
  struct CodeMapping {
    std::uint64_t end = 0;
    std::uint64_t offset = 0;
    std::uint64_t inode = 0;
    std::string path;
    std::string build_id;
  };
  // A file that is, by build-id or inode, the one that was mapped; no descriptor if there is none.
  struct CodeFile {
    base::UniqueFd file;
    std::optional<process::FunctionRanges> functions;
  };
  struct Space {
    Id id = 0;
    std::map<std::uint64_t, CodeMapping> mappings;  // by start address
  };

  Space& Of(std::int32_t pid);
  static void Cut(std::map<std::uint64_t, CodeMapping>& mappings, std::uint64_t start,
                  std::uint64_t end);
  struct Located {
    std::int32_t pid = 0;
    std::uint64_t start = 0;               // of the mapping
    const CodeMapping* mapping = nullptr;  // none: not in a mapping known to be of a file
  };
  [[nodiscard]] std::optional<Located> Locate(Id space, std::uint64_t address) const;
  CodeFile& FileOf(const Located& located);

  std::unordered_map<std::int32_t, Space> spaces_;  // by pid
  std::unordered_map<Id, std::int32_t> pids_;
  std::unordered_map<std::string, CodeFile> files_;  // by path, build-id and inode
  Id next_id_ = 1;
};

}  // namespace heimdallr::recorder
