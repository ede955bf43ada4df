#include "abilities.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

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

}  // namespace heimdallr::test
