#include "recorder/symbol_collector.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/unique_fd.h"
#include "heimdallr/symbols.h"
#include "process/perf_map.h"
#include "process/symbolizer.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

// Of one module or process. What a workload can make us keep: 16 MiB, or 4 GiB of static data.
constexpr std::size_t kMaxAddresses = std::size_t{1} << 20;

constexpr std::size_t kMaxPerfMapBytes = std::size_t{256} << 20;

std::vector<std::uint64_t> Sorted(const absl::flat_hash_set<std::uint64_t>& addresses) {
  std::vector<std::uint64_t> sorted(addresses.begin(), addresses.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// The code the kernel gives every process is the same as ours; it has no file, so it gets one.
base::UniqueFd VdsoFile() {
  constexpr std::size_t kMaxPages = 4;
  const auto* const image = reinterpret_cast<const char*>(getauxval(AT_SYSINFO_EHDR));
  base::UniqueFd file(memfd_create("vdso", MFD_CLOEXEC));
  if (image == nullptr || !file.valid()) return {};
  // Page by page: how many there are is not said.
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (std::size_t page = 0; page < kMaxPages; ++page) {
    if (write(file.get(), image + page * page_bytes, page_bytes) < 0) break;
  }
  return file;
}

std::string PathOfDescriptor(const base::UniqueFd& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

// Whether a byte of [offset, offset + size) is in one of the pages, which are in ascending order.
bool Touches(const std::vector<std::uint64_t>& pages, std::uint64_t offset, std::uint64_t size) {
  constexpr std::uint64_t kPage = SymbolCollector::kDataPageBytes;
  const auto first = std::lower_bound(pages.begin(), pages.end(), offset / kPage);
  return first != pages.end() && *first <= (offset + size - 1) / kPage;
}

std::string ShortName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

SymbolCollector::Occurring& SymbolCollector::Of(AddressSpaces::ModuleId module) {
  if (modules_.size() <= module) modules_.resize(module + 1);
  return modules_[module];
}

void SymbolCollector::AddCode(std::int32_t pid, std::uint64_t address) {
  const auto place = spaces_.PlaceOfCode(pid, address);
  Addresses& to = place ? Of(place->module).code : own_code_[pid];
  if (to.size() < kMaxAddresses) to.insert(place ? place->offset : address);
}

void SymbolCollector::AddData(std::int32_t pid, std::uint64_t address) {
  const auto place = spaces_.PlaceOfData(pid, address);
  if (!place) return;
  Addresses& pages = Of(place->module).data_pages;
  if (pages.size() < kMaxAddresses) pages.insert(place->offset / kDataPageBytes);
}

void SymbolCollector::Place(const ByProcess::value_type& addresses, ByProcess& rest) {
  const auto& [pid, all] = addresses;
  for (const std::uint64_t address : all) {
    if (const auto place = spaces_.PlaceOfCode(pid, address)) {
      Of(place->module).code.insert(place->offset);
    } else if (Addresses& to = rest[pid]; to.size() < kMaxAddresses) {
      to.insert(address);
    }
  }
}

void SymbolCollector::OnImageEnds(std::int32_t pid) {
  for (ByProcess* calls : {&waiting_, &pending_}) {
    const auto found = calls->find(pid);
    if (found == calls->end()) continue;
    const auto addresses = calls->extract(found);
    // What has no place here may be of the next image, which may have been heard of already.
    Place({pid, addresses.mapped()}, waiting_);
  }
  recent_code_.fill({});
  recent_calls_.fill({});
  recent_data_.fill({});
}

void SymbolCollector::OnRound() {
  for (const auto& addresses : std::exchange(waiting_, {})) Place(addresses, own_code_);
  for (const auto& addresses : std::exchange(pending_, {})) Place(addresses, waiting_);
}

void SymbolCollector::WriteModule(AddressSpaces::ModuleId module,
                                  trace::TraceWriter& writer) const {
  const Occurring& occurring = modules_[module];
  if (occurring.code.empty() && occurring.data_pages.empty()) return;
  const MappedModule& mapped = spaces_.module(module);
  ModuleSymbols symbols{.path = mapped.path, .build_id = mapped.build_id};
  const std::string name = ShortName(mapped.path);
  base::UniqueFd vdso;
  std::string path = spaces_.ReadablePath(module);
  if (mapped.path == "[vdso]") {
    vdso = VdsoFile();
    path = PathOfDescriptor(vdso);
  }
  auto symbolizer = process::Symbolizer::Open(path, name);
  for (const std::uint64_t offset : Sorted(occurring.code)) {
    if (symbolizer.ok()) {
      symbols.code.push_back(symbolizer->Resolve(offset));
    } else {
      symbols.code.push_back(
          {.offset = offset, .frames = {{.function = fmt::format("{}+{:#x}", name, offset)}}});
    }
  }
  if (symbolizer.ok() && !occurring.data_pages.empty()) {
    symbols.first_mapped_offset = symbolizer->first_mapped_offset();
    const std::vector<std::uint64_t> pages = Sorted(occurring.data_pages);
    symbols.data = symbolizer->Data(
        [&](std::uint64_t offset, std::uint64_t size) { return Touches(pages, offset, size); });
  }
  writer.AddSymbols(symbols);
}

void SymbolCollector::Write(trace::TraceWriter& writer) {
  OnRound();
  OnRound();
  for (AddressSpaces::ModuleId module = 1; module < modules_.size(); ++module) {
    WriteModule(module, writer);
  }
  for (const auto& [pid, addresses] : own_code_) {
    // Where JIT compilers that know perf leave the names of their code.
    const auto text = base::ReadOwnFile(fmt::format("/tmp/perf-{}.map", pid), kMaxPerfMapBytes);
    if (!text.ok()) continue;
    const auto map = process::PerfMap::Parse(*text);
    ProcessSymbols symbols{.pid = pid};
    for (const std::uint64_t address : Sorted(addresses)) {
      if (const auto name = map.Find(address)) {
        symbols.code.push_back({.offset = address, .frames = {{.function = std::string(*name)}}});
      }
    }
    writer.AddSymbols(symbols);
  }
}

}  // namespace heimdallr::recorder
