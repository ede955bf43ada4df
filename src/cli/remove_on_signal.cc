#include "cli/remove_on_signal.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstring>

namespace heimdallr::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

// What the handler can reach; empty = nothing.
std::array<char, PATH_MAX> to_remove{};

void Handle(int number) {
  if (to_remove[0] != '\0') unlink(to_remove.data());
  std::signal(number, SIG_DFL);
  std::raise(number);  // delivered when this handler returns
}

}  // namespace

RemoveOnSignal::RemoveOnSignal(const std::string& path) {
  if (path.size() >= to_remove.size()) return;  // no such file can have been made
  std::memcpy(to_remove.data(), path.c_str(), path.size() + 1);
  for (const int number : kSignals) {
    // Whoever ignores a signal, as nohup does, goes on doing so.
    if (std::signal(number, Handle) == SIG_IGN) std::signal(number, SIG_IGN);
  }
}

RemoveOnSignal::~RemoveOnSignal() {
  for (const int number : kSignals) {
    if (std::signal(number, SIG_DFL) == SIG_IGN) std::signal(number, SIG_IGN);
  }
  to_remove[0] = '\0';
}

}  // namespace heimdallr::cli
