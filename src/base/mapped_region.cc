#include "base/mapped_region.h"

#include <sys/mman.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/syscall_error.h"

namespace heimdallr::base {

MappedRegion& MappedRegion::operator=(MappedRegion&& other) noexcept {
  if (this != &other) {
    if (data_ != nullptr) munmap(data_, size_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

MappedRegion::~MappedRegion() {
  if (data_ != nullptr) munmap(data_, size_);
}

absl::StatusOr<MappedRegion> MappedRegion::Map(int fd, std::size_t size, std::uint64_t offset,
                                               MapAccess access, std::string_view what) {
  const int protection = access == MapAccess::kRead ? PROT_READ : PROT_READ | PROT_WRITE;
  void* data = mmap(nullptr, size, protection, MAP_SHARED, fd, static_cast<off_t>(offset));
  if (data == MAP_FAILED) {
    return SyscallError(errno, fmt::format("cannot map {} bytes of the {}", size, what));
  }
  return MappedRegion(static_cast<std::byte*>(data), size);
}

}  // namespace heimdallr::base
