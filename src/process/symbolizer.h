// Names for places in an executable or library: functions with what was inlined, source lines,
// variables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "heimdallr/symbols.h"

namespace heimdallr::process {

/// One file. Its tables, and those of the separate files of debug information on this machine
/// (debug_files.h), are read when a name is first asked for. No network. One thread at a time;
/// different files may be used by different threads.
class Symbolizer {
 public:
  /// `path` is the file to read (such as /proc/PID/root/usr/lib/libm.so.6), `name` what to call it
  /// where it has no symbols (libm.so.6). Errors by errno, InvalidArgument when it is no ELF file.
  [[nodiscard]] static absl::StatusOr<Symbolizer> Open(const std::string& path,
                                                       const std::string& name);
  Symbolizer(Symbolizer&&) noexcept;
  Symbolizer& operator=(Symbolizer&&) noexcept;
  ~Symbolizer();

  /// The place `file_offset` bytes into the file. Names come from, in this order: debug
  /// information, a symbol, the linkage table ("malloc@plt"), the function's start by the unwind
  /// table ("libm.so.6+0x1230"), the place itself in that form. Never fails; damaged tables count
  /// as missing.
  [[nodiscard]] CodeSymbol Resolve(std::uint64_t file_offset);

  /// Variables and sections, ascending. `wanted` says whether the part [offset, offset + size) is
  /// of interest; all are when it is empty.
  [[nodiscard]] std::vector<DataSymbol> Data(
      const std::function<bool(std::uint64_t offset, std::uint64_t size)>& wanted = {});

  /// See ModuleSymbols.
  [[nodiscard]] std::uint64_t first_mapped_offset() const;

  /// Of the file as it was opened, as bytes; empty when it has none.
  [[nodiscard]] const std::string& build_id() const;

 private:
  struct File;
  explicit Symbolizer(std::unique_ptr<File> file);

  std::unique_ptr<File> file_;
};

}  // namespace heimdallr::process
