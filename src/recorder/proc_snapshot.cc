#include "recorder/proc_snapshot.h"

#include <sys/mman.h>

#include <filesystem>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"
#include "heimdallr/records.h"
#include "process/elf_info.h"
#include "process/maps.h"
#include "process/threads.h"
#include "recorder/address_spaces.h"
#include "trace/trace_writer.h"

namespace heimdallr::recorder {
namespace {

std::string BuildIdOf(const std::string& path) {
  const auto elf = process::ReadElfInfo(path);
  return elf.ok() ? elf->build_id : std::string();
}

std::string CommandName(std::int32_t pid) {
  auto name = base::ReadSmallFile(fmt::format("/proc/{}/comm", pid));
  if (!name.ok()) return {};
  if (name->ends_with('\n')) name->pop_back();
  return *std::move(name);
}

}  // namespace

void WriteProcSnapshot(std::uint64_t time_ns, std::int32_t pid, trace::TraceWriter& writer,
                       AddressSpaces& spaces) {
  spaces.OnExec(pid);
  const pid_t task = process::ThreadWithMemory(pid);
  std::error_code error;
  const std::string executable =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", task), error).string();
  const std::string command = CommandName(pid);
  const std::string build_id = BuildIdOf(executable);
  writer.Add(ProcessRecord{.time_ns = time_ns,
                           .command = command,
                           .executable = executable,
                           .build_id = build_id,
                           .pid = pid,
                           .event = ProcessEvent::kExec});
  const auto maps = process::ReadMaps(task);
  if (!maps.ok()) return;
  for (const process::Mapping& mapping : *maps) {
    const bool is_code = (mapping.protection & PROT_EXEC) != 0;
    const std::string mapping_build_id =
        NamesFile(mapping.path) ? BuildIdOf(mapping.path) : std::string();
    spaces.OnMapped(pid, mapping.start, mapping.end - mapping.start,
                    {.path = mapping.path,
                     .build_id = mapping_build_id,
                     .inode = mapping.inode,
                     .offset = mapping.offset,
                     .executable = is_code});
    writer.Add(MappingRecord{.time_ns = time_ns,
                             .address = mapping.start,
                             .size = mapping.end - mapping.start,
                             .offset = mapping.offset,
                             .inode = mapping.inode,
                             .path = mapping.path,
                             .build_id = mapping_build_id,
                             .protection = mapping.protection,
                             .pid = pid,
                             .tid = pid,
                             .shared = mapping.shared});
  }
}

}  // namespace heimdallr::recorder
