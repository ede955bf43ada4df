#include "recorder/interposition.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include <fmt/format.h>

#include "process/elf_info.h"

namespace heimdallr::recorder {
namespace {

bool IsExecutableFile(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         access(path.c_str(), X_OK) == 0;
}

// Value of `name` ("LD_PRELOAD=") in an environment, taken out of it.
std::string Extract(std::vector<std::string>& environment, std::string_view name) {
  const auto entry = std::find_if(environment.begin(), environment.end(), [&](const auto& text) {
    return std::string_view(text).starts_with(name);
  });
  if (entry == environment.end()) return {};
  std::string value = entry->substr(name.size());
  environment.erase(entry);
  return value;
}

}  // namespace

std::optional<std::string> FindExecutable(const std::string& command) {
  if (command.find('/') != std::string::npos) return command;
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable != nullptr ? variable : "/bin:/usr/bin";
  while (true) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const std::string_view folder = folders.substr(0, end);
    std::string path = fmt::format("{}/{}", folder.empty() ? "." : folder, command);
    if (IsExecutableFile(path)) return path;
    if (end == folders.size()) return std::nullopt;
    folders.remove_prefix(end + 1);
  }
}

InterposerFit FitOfInterposer(const std::string& executable) {
  using enum InterposerFit::Kind;
  const auto elf = process::ReadElfInfo(executable);
  if (!elf.ok()) return {};
  if (!elf->is_native) {
    return {kHarmful, "it is built for another kind of processor or for 32 bits"};
  }
  if (elf->interpreter.empty()) return {kNoEffect, "it is statically linked"};
  if (elf->interpreter.find("musl") != std::string::npos) {
    return {kHarmful, "it uses another C library (musl)"};
  }
  if (elf->needs_asan) {
    return {kHarmful, "it is built with AddressSanitizer, which has its own allocator"};
  }
  struct stat status {};
  if (stat(executable.c_str(), &status) == 0 && geteuid() != 0 &&
      (status.st_mode & (S_ISUID | S_ISGID)) != 0) {
    return {kNoEffect, "it is set-user-id, and the loader ignores LD_PRELOAD for such programs"};
  }
  return {};
}

absl::StatusOr<std::vector<std::string>> InterposedEnvironment(std::vector<std::string> current,
                                                               const Preload& preload) {
  std::string libraries;
  for (const std::string& library : preload.libraries) {
    if (library.find_first_of(" :") != std::string::npos) {
      return absl::FailedPreconditionError(
          fmt::format("cannot preload '{}': the loader takes spaces and colons in LD_PRELOAD as "
                      "separators. Install heimdallr in a folder without them",
                      library));
    }
    libraries += fmt::format("{}{}", libraries.empty() ? "" : ":", library);
  }
  const std::string others = Extract(current, "LD_PRELOAD=");
  for (const std::string& setting : preload.settings) {
    Extract(current, setting.substr(0, setting.find('=') + 1));
  }
  current.push_back(fmt::format("LD_PRELOAD={}{}{}", libraries, others.empty() ? "" : ":", others));
  current.insert(current.end(), preload.settings.begin(), preload.settings.end());
  return current;
}

std::vector<std::string> CurrentEnvironment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

std::vector<std::string> RelevantEnvironment(const std::vector<std::string>& environment) {
  static constexpr std::array<std::string_view, 20> kPrefixes = {
      "LD_PRELOAD=", "LD_LIBRARY_PATH=", "GLIBC_TUNABLES=", "MALLOC_", "MEMKIND_", "HEIMDALLR_",
      "OMP_", "GOMP_", "KMP_", "MKL_", "NUMA_", "PYTHONMALLOC=",
      // Ranks of parallel programs.
      "PMIX_RANK=", "PMI_RANK=", "PMI_SIZE=", "SLURM_PROCID=", "OMPI_COMM_WORLD_RANK=",
      "OMPI_COMM_WORLD_SIZE=", "MV2_COMM_WORLD_RANK=", "PALS_RANKID="};
  std::vector<std::string> relevant;
  for (const std::string& entry : environment) {
    const bool matches = std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](auto prefix) {
      return std::string_view(entry).starts_with(prefix);
    });
    if (matches) relevant.push_back(entry);
  }
  return relevant;
}

}  // namespace heimdallr::recorder
