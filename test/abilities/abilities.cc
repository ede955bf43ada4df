#include "abilities.h"

#include <elf.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

namespace heimdallr::test {
namespace {

Elf64_Half MachineOf(const char* path) {
  Elf64_Ehdr header{};
  std::ifstream(path).read(reinterpret_cast<char*>(&header), sizeof(header));
  return header.e_machine;
}

bool WipesOnFork() {
  const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const page =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || madvise(page, bytes, MADV_WIPEONFORK) != 0) return false;
  volatile char& value = *static_cast<char*>(page);
  value = 1;
  const pid_t child = fork();
  if (child == 0) _exit(value);
  int status = 0;
  waitpid(child, &status, 0);
  munmap(page, bytes);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool ReadsMemory() {
  char from = 'x';
  char into = 0;
  const iovec local{&into, 1};
  const iovec remote{&from, 1};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1 && into == from;
}

// Of a child, for an emulator may know what to say of its own process.
bool SeesProcesses() {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  std::error_code error;
  const auto path = "/proc/" + std::to_string(child) + "/exe";
  const bool same = std::filesystem::read_symlink(path, error) ==
                    std::filesystem::read_symlink("/proc/self/exe", error);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return same && !error;
}

}  // namespace

bool ForksAreSeen() {
  static const bool wipes = WipesOnFork();
  if (!wipes) WARN("SKIPPED: MADV_WIPEONFORK does nothing here");
  return wipes;
}

bool InstalledProgramsAreNative() {
  static const bool native = MachineOf("/bin/sh") == MachineOf("/proc/self/exe");
  if (!native) WARN("SKIPPED: installed programs are of another architecture");
  return native;
}

bool MemoryIsReadable() {
  static const bool reads = ReadsMemory();
  if (!reads) WARN("SKIPPED: process_vm_readv(2) reads nothing here");
  return reads;
}

bool ProcessesAreSeen() {
  static const bool sees = SeesProcesses();
  if (!sees) WARN("SKIPPED: /proc does not say what processes run");
  return sees;
}

bool OrphansAreInherited() {
  int is_set = 0;
  const bool inherits = prctl(PR_GET_CHILD_SUBREAPER, &is_set) == 0;
  if (!inherits) WARN("SKIPPED: orphans cannot be inherited here");
  return inherits;
}

bool AnswersMemoryPolicies() {
  return syscall(SYS_get_mempolicy, nullptr, nullptr, 0, nullptr, 0) == 0;
}

bool MemoryPoliciesAreThere() {
  const bool there = AnswersMemoryPolicies();
  if (!there) WARN("SKIPPED: get_mempolicy(2) does not answer here, so memkind serves nothing");
  return there;
}

}  // namespace heimdallr::test
