#include "sweep/process_tree.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include "base/file.h"

namespace heimdallr::sweep {
namespace {

namespace fs = std::filesystem;

// A process can be born between two looks, of one that is not killed yet.
constexpr int kTries = 20;

struct Process {
  pid_t parent = 0;
  bool alive = false;
};

std::optional<Process> ReadProcess(pid_t pid) {
  const auto text = base::ReadSmallFile("/proc/" + std::to_string(pid) + "/stat");
  if (!text.ok()) return std::nullopt;
  // "PID (NAME) STATE PARENT": a name may have anything in it, so from its last parenthesis on.
  const std::size_t end = text->rfind(')');
  if (end == std::string::npos) return std::nullopt;
  char state = 0;
  int parent = 0;
  if (std::sscanf(text->c_str() + end + 1, " %c %d", &state, &parent) != 2) return std::nullopt;
  return Process{.parent = parent, .alive = state != 'Z' && state != 'X'};
}

std::map<pid_t, Process> AllProcesses() {
  std::map<pid_t, Process> processes;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    pid_t pid = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong != std::errc{} || stop != name.data() + name.size()) continue;
    if (const auto process = ReadProcess(pid)) processes[pid] = *process;
  }
  return processes;
}

}  // namespace

std::vector<pid_t> DescendantsOf(pid_t root, pid_t except) {
  const std::map<pid_t, Process> processes = AllProcesses();
  std::multimap<pid_t, pid_t> children;
  for (const auto& [pid, process] : processes) children.emplace(process.parent, pid);
  std::vector<pid_t> found;
  std::set<pid_t> seen = {root};
  std::vector<pid_t> open = {root};
  while (!open.empty()) {
    const auto [first, last] = children.equal_range(open.back());
    open.pop_back();
    for (auto child = first; child != last; ++child) {
      const pid_t pid = child->second;
      if (!seen.insert(pid).second) continue;
      open.push_back(pid);
      if (pid != except && processes.at(pid).alive) found.push_back(pid);
    }
  }
  return found;
}

std::size_t KillDescendantsOf(pid_t root, pid_t except) {
  std::set<pid_t> killed;
  for (int i = 0; i < kTries; ++i) {
    const std::vector<pid_t> living = DescendantsOf(root, except);
    const bool more =
        std::any_of(living.begin(), living.end(), [&](pid_t pid) { return !killed.contains(pid); });
    if (!more) break;
    for (const pid_t pid : living) {
      kill(pid, SIGKILL);
      killed.insert(pid);
    }
  }
  return killed.size();
}

}  // namespace heimdallr::sweep
