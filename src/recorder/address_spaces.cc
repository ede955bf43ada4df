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
  auto mappings = Of(parent).mappings;
  OnExit(child);  // a process id used again
  Of(child).mappings = std::move(mappings);
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

void AddressSpaces::Cut(std::map<std::uint64_t, CodeMapping>& mappings, std::uint64_t start,
                        std::uint64_t end) {
  auto entry = mappings.lower_bound(start);
  if (entry != mappings.begin() && std::prev(entry)->second.end > start) {
    auto& [before_start, before] = *std::prev(entry);
    if (before.end > end) {
      CodeMapping& rest = mappings[end] = before;
      rest.offset += end - before_start;
    }
    before.end = start;
  }
  while (entry != mappings.end() && entry->first < end) {
    if (entry->second.end > end) {
      CodeMapping& rest = mappings[end] = entry->second;
      rest.offset += end - entry->first;
    }
    entry = mappings.erase(entry);
  }
}

void AddressSpaces::OnMapped(std::int32_t pid, std::uint64_t address, std::uint64_t size,
                             const MappedFile& file) {
  auto& mappings = Of(pid).mappings;
  Cut(mappings, address, address + size);
  mappings[address] = {.end = address + size,
                       .offset = file.offset,
                       .inode = file.inode,
                       .path = std::string(file.path),
                       .build_id = std::string(file.build_id)};
}

std::optional<AddressSpaces::Located> AddressSpaces::Locate(Id space, std::uint64_t address) const {
  const auto owner = pids_.find(space);
  if (owner == pids_.end()) return std::nullopt;
  Located located{.pid = owner->second};
  const auto& mappings = spaces_.at(located.pid).mappings;
  auto entry = mappings.upper_bound(address);
  if (entry == mappings.begin()) return located;
  --entry;
  if (address < entry->second.end && NamesFile(entry->second.path)) {
    located.start = entry->first;
    located.mapping = &entry->second;
  }
  return located;
}

AddressSpaces::CodeFile& AddressSpaces::FileOf(const Located& located) {
  const CodeMapping& mapping = *located.mapping;
  std::string key = fmt::format("{}\n{}\n{}", mapping.path, mapping.build_id, mapping.inode);
  if (const auto entry = files_.find(key); entry != files_.end()) return entry->second;
  if (files_.size() >= kOpenFiles) files_.clear();
  CodeFile& code = files_[std::move(key)];
  // The process may see other file systems than we do (a container).
  for (const std::string& path :
       {fmt::format("/proc/{}/root{}", located.pid, mapping.path), mapping.path}) {
    base::UniqueFd file(open(path.c_str(), kOpenFlags));
    if (!file.valid() || !IsSame(file.get(), path, mapping.build_id, mapping.inode)) continue;
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
  if (located->mapping == nullptr) return replay::ReadLiveCode(located->pid, address, out);
  const CodeMapping& mapping = *located->mapping;
  const int file = FileOf(*located).file.get();
  if (file < 0) return replay::ReadLiveCode(located->pid, address, out);
  const std::size_t room = std::min<std::uint64_t>(out.size(), mapping.end - address);
  const ssize_t got = pread(file, out.data(), room,
                            static_cast<off_t>(mapping.offset + (address - located->start)));
  return got > 0 ? static_cast<std::size_t>(got) : replay::ReadLiveCode(located->pid, address, out);
}

std::optional<AddressSpaces::Range> AddressSpaces::FindFunction(Id space, std::uint64_t address) {
  const auto located = Locate(space, address);
  if (!located || located->mapping == nullptr) return std::nullopt;
  const CodeMapping& mapping = *located->mapping;
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
