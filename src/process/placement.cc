#include "process/placement.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string_view>

#include "base/syscall_error.h"

namespace heimdallr::process {
namespace {

constexpr std::size_t kBitsAWord = sizeof(unsigned long) * CHAR_BIT;

std::vector<unsigned long> Mask(const std::vector<std::uint32_t>& numbers) {
  if (numbers.empty()) return {};
  std::vector<unsigned long> mask(*std::max_element(numbers.begin(), numbers.end()) / kBitsAWord +
                                  1);
  for (const std::uint32_t number : numbers) {
    mask[number / kBitsAWord] |= 1UL << (number % kBitsAWord);
  }
  return mask;
}

}  // namespace

PreparedPlacement::PreparedPlacement(const Placement& placement)
    : cpus_(Mask(placement.cpus)),
      nodes_(Mask(placement.memory_nodes)),
      memory_mode_(placement.memory_mode) {}

PreparedPlacement::Failure PreparedPlacement::Apply() const {
  if (!cpus_.empty() && sched_setaffinity(0, cpus_.size() * sizeof(unsigned long),
                                          reinterpret_cast<const cpu_set_t*>(cpus_.data())) != 0) {
    return {Step::kCpus, errno};
  }
  // One more than there are bits: the kernel takes one off (get_nodes() of mm/mempolicy.c).
  if (memory_mode_ != 0 && syscall(SYS_set_mempolicy, memory_mode_, nodes_.data(),
                                   nodes_.size() * kBitsAWord + 1) != 0) {
    return {Step::kMemory, errno};
  }
  return {};
}

absl::Status PreparedPlacement::Explain(Failure failure) {
  if (failure.error == 0) return absl::OkStatus();
  const std::string_view what = failure.step == Step::kCpus
                                    ? "cannot run the workload on the processors asked for"
                                    : "cannot set the workload's memory policy, set_mempolicy(2)";
  return base::SyscallError(failure.error, what);
}

}  // namespace heimdallr::process
