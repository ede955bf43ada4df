#include "recorder/symbol_collector.h"

#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/unique_fd.h"
#include "heimdallr/symbols.h"
#include "process/perf_map.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

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
  if (const auto place = spaces_.PlaceOfCode(pid, address)) {
    Insert(place->offset, Of(place->module).code);
  } else {
    Insert(address, own_code_[pid]);
  }
}

void SymbolCollector::AddData(std::int32_t pid, std::uint64_t address) {
  const auto place = spaces_.PlaceOfData(pid, address);
  if (place) Insert(place->offset / kDataPageBytes, Of(place->module).data_pages);
}

void SymbolCollector::Place(const ByProcess::value_type& addresses, ByProcess& rest) {
  const auto& [pid, all] = addresses;
  for (const std::uint64_t address : all) {
    if (const auto place = spaces_.PlaceOfCode(pid, address)) {
      Insert(place->offset, Of(place->module).code);
    } else {
      Insert(address, rest[pid]);
    }
  }
}

void SymbolCollector::ForgetRecent() {
  recent_code_.fill({});
  recent_calls_.fill({});
  recent_data_.fill({});
}

void SymbolCollector::OnImageEnds(std::int32_t pid) {
  for (ByProcess* calls : {&waiting_, &pending_}) {
    const auto found = calls->find(pid);
    if (found == calls->end()) continue;
    const auto addresses = calls->extract(found);
    // What has no place here may be of the next image, which may have been heard of already.
    Place({pid, addresses.mapped()}, waiting_);
  }
  ForgetRecent();
}

void SymbolCollector::OnRound() {
  for (const auto& addresses : std::exchange(waiting_, {})) Place(addresses, own_code_);
  for (const auto& addresses : std::exchange(pending_, {})) Place(addresses, waiting_);
}

std::vector<SymbolCollector::Namesakes> SymbolCollector::GroupModules() const {
  std::map<std::pair<std::string, std::string>, Namesakes> groups;
  for (AddressSpaces::ModuleId id = 1; id < modules_.size(); ++id) {
    if (modules_[id].code.empty() && modules_[id].data_pages.empty()) continue;
    const MappedModule& mapped = spaces_.module(id);
    groups[{mapped.path, mapped.build_id}].push_back(id);
  }
  std::vector<Namesakes> modules;
  modules.reserve(groups.size());
  for (const auto& [key, group] : groups) modules.push_back(group);
  return modules;
}

absl::StatusOr<process::Symbolizer> SymbolCollector::OpenModule(const Namesakes& modules,
                                                                const std::string& name) const {
  const MappedModule& mapped = spaces_.module(modules.front());
  if (mapped.path == "[vdso]") {
    const base::UniqueFd file = VdsoFile();
    return process::Symbolizer::Open(PathOfDescriptor(file), name);
  }
  // Without a build-id, several files of one path cannot be told apart: names may be wrong.
  if (mapped.build_id.empty() && modules.size() > 1) {
    return absl::FailedPreconditionError(mapped.path + " was replaced meanwhile");
  }
  const auto path = spaces_.ReadablePath(modules.front());
  if (!path) return absl::NotFoundError(mapped.path + " is gone");
  return process::Symbolizer::Open(*path, name);
}

void SymbolCollector::WriteModule(const Namesakes& modules, trace::TraceWriter& writer,
                                  const std::function<bool()>& go_on) {
  Occurring occurring;
  for (const AddressSpaces::ModuleId id : modules) {
    occurring.code.merge(modules_[id].code);
    occurring.data_pages.merge(modules_[id].data_pages);
  }
  const MappedModule& mapped = spaces_.module(modules.front());
  const std::string name = ShortName(mapped.path);
  ModuleSymbols symbols{.path = mapped.path, .build_id = mapped.build_id};
  absl::StatusOr<process::Symbolizer> symbolizer = absl::CancelledError();
  if (go_on()) symbolizer = OpenModule(modules, name);
  for (const std::uint64_t offset : Sorted(occurring.code)) {
    if (symbolizer.ok() && go_on()) {
      symbols.code.push_back(symbolizer->Resolve(offset));
    } else {
      symbols.code.push_back(
          {.offset = offset, .frames = {{.function = fmt::format("{}+{:#x}", name, offset)}}});
    }
  }
  if (symbolizer.ok() && !occurring.data_pages.empty() && go_on()) {
    symbols.first_mapped_offset = symbolizer->first_mapped_offset();
    const std::vector<std::uint64_t> pages = Sorted(occurring.data_pages);
    symbols.data = symbolizer->Data(
        [&](std::uint64_t offset, std::uint64_t size) { return Touches(pages, offset, size); });
  }
  writer.AddSymbols(symbols);
}

void SymbolCollector::WriteOwnCode(trace::TraceWriter& writer) const {
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

void SymbolCollector::Write(trace::TraceWriter& writer, const std::function<bool()>& go_on) {
  OnRound();
  OnRound();
  for (const Namesakes& modules : GroupModules()) WriteModule(modules, writer, go_on);
  if (go_on()) WriteOwnCode(writer);
}

}  // namespace heimdallr::recorder
