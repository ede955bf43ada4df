// Owner of a memory mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <absl/status/statusor.h>

namespace heimdallr::base {

enum class MapAccess { kRead, kReadWrite };

/// Unmaps its pages at the end of its life, or when it is given others. Empty when default-made or
/// moved from.
class MappedRegion {
 public:
  MappedRegion() = default;
  MappedRegion(MappedRegion&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedRegion& operator=(MappedRegion&& other) noexcept;
  ~MappedRegion();

  /// Maps `size` bytes of `fd` from `offset` (a multiple of the page size), shared. `what` names
  /// the thing in the error, such as "perf ring of CPU 3". Errors are those of mmap(2) by errno:
  /// ResourceExhausted (ENOMEM), PermissionDenied (EPERM: more locked pages than allowed, EACCES),
  /// InvalidArgument (a size of 0, an offset within a page) and others.
  [[nodiscard]] static absl::StatusOr<MappedRegion> Map(int fd, std::size_t size,
                                                        std::uint64_t offset, MapAccess access,
                                                        std::string_view what);

  [[nodiscard]] std::span<std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  MappedRegion(std::byte* data, std::size_t size) : data_(data), size_(size) {}

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace heimdallr::base
