#include "process/threads.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/file.h"

namespace heimdallr::process {

absl::StatusOr<std::vector<pid_t>> ThreadsOf(pid_t pid) {
  std::vector<pid_t> tids;
  std::error_code error;
  std::filesystem::directory_iterator entry(fmt::format("/proc/{}/task", pid), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t tid = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), tid);
    if (wrong == std::errc{} && end == name.data() + name.size()) tids.push_back(tid);
  }
  if (tids.empty()) {
    return absl::NotFoundError(fmt::format("there is no process {}", pid));
  }
  std::sort(tids.begin(), tids.end());
  return tids;
}

pid_t ThreadWithMemory(pid_t pid) {
  const auto tids = ThreadsOf(pid);
  if (!tids.ok() || tids->size() == 1) return pid;
  for (const pid_t tid : *tids) {
    const auto maps = base::ReadSmallFile(fmt::format("/proc/{}/maps", tid));
    if (maps.ok() && !maps->empty()) return tid;
  }
  return pid;
}

std::string ThreadName(pid_t pid, pid_t tid) {
  auto name = base::ReadSmallFile(fmt::format("/proc/{}/task/{}/comm", pid, tid));
  if (!name.ok()) return {};
  if (name->ends_with('\n')) name->pop_back();
  return *std::move(name);
}

std::vector<std::string> CommandLineOf(pid_t pid) {
  const auto text = base::ReadSmallFile(fmt::format("/proc/{}/cmdline", pid));
  std::vector<std::string> words;
  if (!text.ok()) return words;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\0', at), text->size());
    words.push_back(text->substr(at, end - at));
    at = end + 1;
  }
  return words;
}

}  // namespace heimdallr::process
