#include "cli/remove_on_signal.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <utility>

namespace heimdallr::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// What the handler reads; changed only while it is not installed.
std::string to_remove;
std::vector<std::string> to_remove_if_empty;

// readdir may allocate, which a handler must not; the call below it does not. What a list of
// entries does not name any more after some were removed is in the next one.
void RemoveFilesIn(int folder) {
  alignas(dirent64) static std::array<char, 16384> entries;
  bool removed = true;
  while (removed) {
    removed = false;
    lseek(folder, 0, SEEK_SET);
    for (;;) {
      const long size = syscall(SYS_getdents64, folder, entries.data(), entries.size());
      if (size <= 0) break;
      for (long at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
        if (unlinkat(folder, entry->d_name, 0) == 0) removed = true;
        at += entry->d_reclen;
      }
    }
  }
}

void Handle(int number) {
  if (!to_remove.empty() && unlink(to_remove.c_str()) != 0 && errno == EISDIR) {
    const int folder = open(to_remove.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) RemoveFilesIn(folder);
    rmdir(to_remove.c_str());
    for (const std::string& path : to_remove_if_empty) rmdir(path.c_str());
  }
  std::signal(number, SIG_DFL);
  std::raise(number);  // delivered when this handler returns
}

// Whoever ignores a signal, as nohup does, goes on doing so.
void Install(void (*handler)(int)) {
  for (const int number : kSignals) {
    if (std::signal(number, handler) == SIG_IGN) std::signal(number, SIG_IGN);
  }
}

}  // namespace

RemoveOnSignal::RemoveOnSignal(std::string path, std::vector<std::string> folders) {
  to_remove = std::move(path);
  to_remove_if_empty = std::move(folders);
  Install(Handle);
}

RemoveOnSignal::~RemoveOnSignal() {
  Install(SIG_DFL);
  to_remove.clear();
  to_remove_if_empty.clear();
}

}  // namespace heimdallr::cli
