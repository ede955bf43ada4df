#include "recorder/address_spaces.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "process/elf_info.h"
#include "replay/live_code.h"

namespace heimdallr::recorder {
namespace {

constexpr std::size_t kOpenFiles = 128;
// Mappings that one module is split into, at most; five are usual.
constexpr int kMaxParts = 32;
// A path may name a device or a FIFO: never wait for those.
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;

// Whether `file`, found under the name of a mapped one, is that one and no later version.
bool IsSame(int file, const std::string& path, const std::string& build_id, std::uint64_t inode) {
  if (!build_id.empty()) {
    const auto elf = process::ReadElfInfo(path);
    return elf.ok() && elf->build_id == build_id;
  }
  struct stat status {};
  return inode == 0 || (fstat(file, &status) == 0 && status.st_ino == inode);
}

}  // namespace

bool NamesFile(std::string_view path) {
  return path.starts_with('/') && !path.starts_with("//anon");
}

AddressSpaces::Space& AddressSpaces::Of(std::int32_t pid) {
  const auto [entry, is_new] = spaces_.try_emplace(pid);
  if (is_new) {
    entry->second.id = next_id_++;
    pids_[entry->second.id] = pid;
  }
  return entry->second;
}

AddressSpaces::Id AddressSpaces::IdOf(std::int32_t pid) { return Of(pid).id; }

void AddressSpaces::OnFork(std::int32_t child, std::int32_t parent) {
  Space copy = Of(parent);
  OnExit(child);  // a process id used again
  Space& space = Of(child);
  copy.id = space.id;
  space = std::move(copy);
}

AddressSpaces::Id AddressSpaces::OnExec(std::int32_t pid) {
  const Id ended = OnExit(pid);
  Of(pid);
  return ended;
}

AddressSpaces::Id AddressSpaces::OnExit(std::int32_t pid) {
  const auto entry = spaces_.find(pid);
  if (entry == spaces_.end()) return 0;
  const Id ended = entry->second.id;
  pids_.erase(ended);
  spaces_.erase(entry);
  return ended;
}

void AddressSpaces::Cut(std::map<std::uint64_t, Mapping>& mappings, std::uint64_t start,
                        std::uint64_t end) {
  auto entry = mappings.lower_bound(start);
  if (entry != mappings.begin() && std::prev(entry)->second.end > start) {
    auto& [before_start, before] = *std::prev(entry);
    if (before.end > end) {
      Mapping& rest = mappings[end] = before;
      rest.offset += end - before_start;
    }
    before.end = start;
  }
  while (entry != mappings.end() && entry->first < end) {
    if (entry->second.end > end) {
      Mapping& rest = mappings[end] = entry->second;
      rest.offset += end - entry->first;
    }
    entry = mappings.erase(entry);
  }
}

AddressSpaces::ModuleId AddressSpaces::InternModule(const MappedFile& file) {
  // "[vdso]" and its kin are code that does not change; other names in brackets are plain memory.
  if (!NamesFile(file.path) && !file.path.starts_with("[v")) return 0;
  auto [entry, is_new] = module_ids_.try_emplace(
      {std::string(file.path), std::string(file.build_id), file.inode}, modules() + 1);
  if (is_new) {
    modules_.push_back({.path = std::string(file.path),
                        .build_id = std::string(file.build_id),
                        .inode = file.inode,
                        .first_offset = file.offset});
  }
  MappedModule& module = modules_[entry->second - 1];
  module.first_offset = std::min(module.first_offset, file.offset);
  module.has_code |= file.executable;
  return entry->second;
}

void AddressSpaces::OnMapped(std::int32_t pid, std::uint64_t address, std::uint64_t size,
                             const MappedFile& file) {
  Space& space = Of(pid);
  Cut(space.mappings, address, address + size);
  const ModuleId id = InternModule(file);
  Mapping& mapping =
      space.mappings[address] = {.end = address + size, .offset = file.offset, .module = id};
  if (id != 0) return;
  const auto here = space.mappings.find(address);
  if (here == space.mappings.begin()) return;
  const Mapping& before = std::prev(here)->second;
  if (before.end != address || before.module == 0 || before.beyond_file) return;
  mapping.module = before.module;
  mapping.beyond_file = true;
}

AddressSpaces::Located AddressSpaces::LocateIn(std::int32_t pid, const Space& space,
                                               std::uint64_t address) {
  Located located{.pid = pid};
  auto entry = space.mappings.upper_bound(address);
  if (entry == space.mappings.begin()) return located;
  --entry;
  if (address < entry->second.end && entry->second.module != 0) {
    located.start = entry->first;
    located.mapping = &entry->second;
  }
  return located;
}

std::optional<AddressSpaces::Located> AddressSpaces::Locate(Id space, std::uint64_t address) const {
  const auto owner = pids_.find(space);
  if (owner == pids_.end()) return std::nullopt;
  return LocateIn(owner->second, spaces_.at(owner->second), address);
}

bool AddressSpaces::IsFile(const Located& located) const {
  return located.mapping != nullptr && !located.mapping->beyond_file &&
         NamesFile(module(located.mapping->module).path);
}

std::optional<AddressSpaces::Place> AddressSpaces::PlaceOfCode(std::int32_t pid,
                                                               std::uint64_t address) const {
  const auto space = spaces_.find(pid);
  if (space == spaces_.end()) return std::nullopt;
  const Located located = LocateIn(pid, space->second, address);
  if (located.mapping == nullptr || located.mapping->beyond_file) return std::nullopt;
  return Place{located.mapping->module, located.mapping->offset + (address - located.start)};
}

std::optional<AddressSpaces::Place> AddressSpaces::PlaceOfData(std::int32_t pid,
                                                               std::uint64_t address) const {
  const auto space = spaces_.find(pid);
  if (space == spaces_.end()) return std::nullopt;
  const auto& mappings = space->second.mappings;
  const Located located = LocateIn(pid, space->second, address);
  if (located.mapping == nullptr) return std::nullopt;
  const ModuleId id = located.mapping->module;
  if (!module(id).has_code) return std::nullopt;
  // The parts of a module lie close together; the same file may be mapped elsewhere to be read.
  auto entry = std::next(mappings.find(located.start));
  for (int i = 0; i < kMaxParts && entry != mappings.begin(); ++i) {
    --entry;
    const Mapping& part = entry->second;
    if (part.module == id && !part.beyond_file && part.offset == module(id).first_offset) {
      return Place{id, address - entry->first};
    }
  }
  return std::nullopt;
}

std::optional<std::string> AddressSpaces::ReadablePath(ModuleId id) const {
  const MappedModule& mapped = module(id);
  const base::UniqueFd found(open(mapped.path.c_str(), kOpenFlags));
  if (found.valid() && IsSame(found.get(), mapped.path, mapped.build_id, mapped.inode)) {
    return mapped.path;  // debug information may lie beside it
  }
  const auto kept = files_.find(id);
  if (kept == files_.end() || !kept->second.file.valid()) return std::nullopt;
  return fmt::format("/proc/self/fd/{}", kept->second.file.get());
}

AddressSpaces::CodeFile& AddressSpaces::FileOf(const Located& located) {
  const ModuleId id = located.mapping->module;
  if (const auto entry = files_.find(id); entry != files_.end()) return entry->second;
  if (files_.size() >= kOpenFiles) files_.clear();
  CodeFile& code = files_[id];
  const MappedModule& mapped = module(id);
  // The process may see other file systems than we do (a container).
  for (const std::string& path :
       {fmt::format("/proc/{}/root{}", located.pid, mapped.path), mapped.path}) {
    base::UniqueFd file(open(path.c_str(), kOpenFlags));
    if (!file.valid() || !IsSame(file.get(), path, mapped.build_id, mapped.inode)) continue;
    auto functions = process::FunctionRanges::Load(path);
    if (functions.ok()) code.functions = *std::move(functions);
    code.file = std::move(file);
    break;
  }
  return code;
}

std::size_t AddressSpaces::ReadCode(Id space, std::uint64_t address, std::span<std::byte> out) {
  const auto located = Locate(space, address);
  if (!located) return 0;
  if (!IsFile(*located)) return replay::ReadLiveCode(located->pid, address, out);
  const Mapping& mapping = *located->mapping;
  const int file = FileOf(*located).file.get();
  if (file < 0) return replay::ReadLiveCode(located->pid, address, out);
  const std::size_t room = std::min<std::uint64_t>(out.size(), mapping.end - address);
  const ssize_t got = pread(file, out.data(), room,
                            static_cast<off_t>(mapping.offset + (address - located->start)));
  return got > 0 ? static_cast<std::size_t>(got) : replay::ReadLiveCode(located->pid, address, out);
}

std::optional<AddressSpaces::Range> AddressSpaces::FindFunction(Id space, std::uint64_t address) {
  const auto located = Locate(space, address);
  if (!located || !IsFile(*located)) return std::nullopt;
  const Mapping& mapping = *located->mapping;
  const CodeFile& code = FileOf(*located);
  if (!code.functions) return std::nullopt;
  const auto in_file = code.functions->Find(mapping.offset + (address - located->start));
  if (!in_file) return std::nullopt;
  // A function may begin or end outside the part that is mapped here.
  const std::uint64_t mapped_end = mapping.offset + (mapping.end - located->start);
  const std::uint64_t first = std::max(in_file->start, mapping.offset);
  const std::uint64_t last = std::min(in_file->end, mapped_end);
  return Range{located->start + (first - mapping.offset), located->start + (last - mapping.offset)};
}

}  // namespace heimdallr::recorder
