// What every process of the workload has mapped: its code can be read when a sample is decoded,
// which may be after the process has ended, and addresses be told as places in files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.h"
#include "process/function_ranges.h"

namespace heimdallr::recorder {

/// Whether the kernel's name of a mapping is that of a file.
[[nodiscard]] bool NamesFile(std::string_view path);

/// A file of which parts were mapped, as the trace names it.
struct MappedModule {
  std::string path;
  std::string build_id;            ///< bytes; empty = not known
  std::uint64_t inode = 0;         ///< 0 = not known
  std::uint64_t first_offset = 0;  ///< least file offset that was mapped
  bool has_code = false;           ///< an executable mapping was seen
};

/// What is mapped where, by process. An address space is numbered anew at fork and exec, so that
/// what is cached for one is never taken for another. Not thread-safe.
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
  /// "[vdso]") is read from the process; code of "[vdso]" and its kin is a module all the same.
  struct MappedFile {
    std::string_view path;
    std::string_view build_id;  ///< bytes; empty = not known
    std::uint64_t inode = 0;    ///< 0 = not known
    std::uint64_t offset = 0;
    bool executable = false;
  };
  /// Notes a mapping; what it covers of older ones is replaced.
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

  using ModuleId = std::uint32_t;  ///< from 1; 0 = memory of no module

  /// A place in a module: bytes into its file.
  struct Place {
    ModuleId module = 0;
    std::uint64_t offset = 0;
  };
  /// Where `address` of the process lies now; nothing outside modules.
  [[nodiscard]] std::optional<Place> PlaceOfCode(std::int32_t pid, std::uint64_t address) const;
  /// As an offset from the module's first mapped byte, zero-initialised variables included, which
  /// are not in the file. Nothing outside modules with code.
  [[nodiscard]] std::optional<Place> PlaceOfData(std::int32_t pid, std::uint64_t address) const;

  [[nodiscard]] const MappedModule& module(ModuleId id) const { return modules_[id - 1]; }
  [[nodiscard]] ModuleId modules() const { return static_cast<ModuleId>(modules_.size()); }
  /// Path by which the very file that was mapped can be read now; of one that was replaced or
  /// deleted since it was read for code, that of a descriptor. Nothing when it is gone.
  [[nodiscard]] std::optional<std::string> ReadablePath(ModuleId id) const;

 private:
  struct Mapping {
    std::uint64_t end = 0;
    std::uint64_t offset = 0;  // into the module's file
    ModuleId module = 0;
    bool beyond_file = false;  // anonymous memory right behind a module's: its .bss
  };
  // A file that is, by build-id or inode, the one that was mapped; no descriptor if there is none.
  struct CodeFile {
    base::UniqueFd file;
    std::optional<process::FunctionRanges> functions;
  };
  struct Space {
    Id id = 0;
    std::map<std::uint64_t, Mapping> mappings;  // by start address
  };

  Space& Of(std::int32_t pid);
  static void Cut(std::map<std::uint64_t, Mapping>& mappings, std::uint64_t start,
                  std::uint64_t end);
  struct Located {
    std::int32_t pid = 0;
    std::uint64_t start = 0;           // of the mapping
    const Mapping* mapping = nullptr;  // none: not in a mapping known to be of a module
  };
  [[nodiscard]] std::optional<Located> Locate(Id space, std::uint64_t address) const;
  [[nodiscard]] static Located LocateIn(std::int32_t pid, const Space& space,
                                        std::uint64_t address);
  [[nodiscard]] bool IsFile(const Located& located) const;
  ModuleId InternModule(const MappedFile& file);
  CodeFile& FileOf(const Located& located);

  std::unordered_map<std::int32_t, Space> spaces_;  // by pid
  std::unordered_map<Id, std::int32_t> pids_;
  std::vector<MappedModule> modules_;
  std::map<std::tuple<std::string, std::string, std::uint64_t>, ModuleId> module_ids_;
  std::unordered_map<ModuleId, CodeFile> files_;
  Id next_id_ = 1;
};

}  // namespace heimdallr::recorder
