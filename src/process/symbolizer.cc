#include "process/symbolizer.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "process/data_symbols.h"
#include "process/debug_files.h"
#include "process/debug_info.h"
#include "process/debug_search.h"
#include "process/elf_handle.h"
#include "process/elf_layout.h"
#include "process/elf_symbols.h"
#include "process/function_ranges.h"
#include "process/plt_names.h"

namespace heimdallr::process {

// What is read of a file, in the order of who borrows from whom.
struct Symbolizer::File {
  std::string path;
  std::string name;
  std::string build_id;
  ElfHandle main;
  ElfLayout layout;

  bool is_loaded = false;  // what follows
  DebugFiles debug_files;
  std::vector<ElfSymbol> symbols;
  FunctionSymbols functions;
  PltNames plt;
  std::optional<DebugInfo> debug_info;
  std::optional<FunctionRanges> ranges;  // only when a name is made of it

  void Load();
  [[nodiscard]] std::string FunctionName(std::uint64_t offset, std::uint64_t address);
  [[nodiscard]] std::optional<std::uint64_t> StartByUnwindTable(std::uint64_t offset);

 private:
  [[nodiscard]] std::vector<ElfSymbol> ReadSymbols() const;
};

// The full table, wherever it is; else what a stripped file keeps.
std::vector<ElfSymbol> Symbolizer::File::ReadSymbols() const {
  for (Elf* elf : {main.elf.get(), debug_files.separate.elf.get()}) {
    if (elf == nullptr) continue;
    std::vector<ElfSymbol> found = ReadElfSymbols(elf, SHT_SYMTAB);
    if (!found.empty()) return found;
  }
  std::vector<ElfSymbol> found = ReadElfSymbols(main.elf.get(), SHT_DYNSYM);
  if (debug_files.small.elf != nullptr) {
    const auto more = ReadElfSymbols(debug_files.small.elf.get(), SHT_SYMTAB);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

void Symbolizer::File::Load() {
  if (is_loaded) return;
  is_loaded = true;
  debug_files = FindDebugFiles(path, main.elf.get());
  symbols = ReadSymbols();
  functions = FunctionSymbols(symbols, layout);
  plt = PltNames(main.elf.get(), layout);
  if (debug_files.dwarf != nullptr) debug_info.emplace(debug_files.dwarf.get(), layout);
}

std::optional<std::uint64_t> Symbolizer::File::StartByUnwindTable(std::uint64_t offset) {
  if (!ranges) {
    // The same file even if its path has gone, as /proc/PID/root does with the process.
    auto loaded = FunctionRanges::Load(fmt::format("/proc/self/fd/{}", main.file.get()));
    ranges = loaded.ok() ? *std::move(loaded) : FunctionRanges();
  }
  const auto range = ranges->Find(offset);
  return range ? std::optional(range->start) : std::nullopt;
}

std::string Symbolizer::File::FunctionName(std::uint64_t offset, std::uint64_t address) {
  auto function = functions.Find(address);
  if (function && function->end_is_known) return std::move(function->name);
  if (auto stub = plt.Find(address)) return *std::move(stub);
  const auto start = StartByUnwindTable(offset);
  // A symbol without a size also covers functions without a symbol that follow it.
  if (function && (!start || *start <= layout.ToOffset(function->start).value_or(0))) {
    return std::move(function->name);
  }
  return fmt::format("{}+{:#x}", name, start.value_or(offset));
}

absl::StatusOr<Symbolizer> Symbolizer::Open(const std::string& path, const std::string& name) {
  auto file = std::make_unique<File>();
  ASSIGN_OR_RETURN(file->main, OpenElf(path));
  file->path = path;
  file->name = name;
  file->build_id = BuildId(file->main.elf.get());
  file->layout = ElfLayout(file->main.elf.get());
  return Symbolizer(std::move(file));
}

Symbolizer::Symbolizer(std::unique_ptr<File> file) : file_(std::move(file)) {}
Symbolizer::Symbolizer(Symbolizer&&) noexcept = default;
Symbolizer& Symbolizer::operator=(Symbolizer&&) noexcept = default;
Symbolizer::~Symbolizer() = default;

CodeSymbol Symbolizer::Resolve(std::uint64_t file_offset) {
  CodeSymbol symbol{.offset = file_offset, .frames = {}};
  const auto address = file_->layout.ToAddress(file_offset);
  if (!address) {
    symbol.frames.push_back({fmt::format("{}+{:#x}", file_->name, file_offset), {}, 0});
    return symbol;
  }
  file_->Load();
  if (file_->debug_info) symbol.frames = file_->debug_info->Frames(*address);
  if (symbol.frames.empty()) symbol.frames.emplace_back();
  for (CodeFrame& frame : symbol.frames) {
    if (frame.function.empty()) frame.function = file_->FunctionName(file_offset, *address);
  }
  return symbol;
}

std::vector<DataSymbol> Symbolizer::Data(
    const std::function<bool(std::uint64_t offset, std::uint64_t size)>& wanted) {
  file_->Load();
  return MakeDataSymbols(file_->symbols, file_->layout, wanted);
}

std::uint64_t Symbolizer::first_mapped_offset() const {
  return file_->layout.first_mapped_offset();
}

const std::string& Symbolizer::build_id() const { return file_->build_id; }

}  // namespace heimdallr::process
