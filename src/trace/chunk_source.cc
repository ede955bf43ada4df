#include "trace/chunk_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/status_macros.h"
#include "base/syscall_error.h"
#include "trace/format.h"
#include "trace/wire_reader.h"

namespace heimdallr::trace {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
constexpr std::size_t kFirstBytes = 64;

}  // namespace

ChunkSource::ChunkSource(base::UniqueFd fd) : fd_(std::move(fd)), buffer_(kBufferBytes) {
  struct stat file {};
  if (fstat(fd_.get(), &file) == 0 && S_ISREG(file.st_mode)) {
    size_bytes_ = static_cast<std::uint64_t>(file.st_size);
  }
}

absl::StatusOr<ChunkSource> ChunkSource::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return base::SyscallError(errno, fmt::format("cannot open trace '{}'", path));
  return ChunkSource(base::UniqueFd(fd));
}

absl::Status ChunkSource::Seek(std::uint64_t offset) {
  if (lseek(fd_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return base::SyscallError(errno, "cannot be read from its end");
  }
  begin_ = end_ = 0;
  good_bytes_ = read_bytes_ = offset;
  at_end_ = cut_ = false;
  return absl::OkStatus();
}

absl::Status ChunkSource::Fill(std::size_t size) {
  if (end_ - begin_ >= size || at_end_) return absl::OkStatus();
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() < size) buffer_.resize(size);
  while (end_ < size) {
    const ssize_t got = read(fd_.get(), buffer_.data() + end_, buffer_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::SyscallError(errno, "cannot be read");
    if (got == 0) {
      at_end_ = true;
      break;
    }
    end_ += static_cast<std::size_t>(got);
    read_bytes_ += static_cast<std::uint64_t>(got);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string_view> ChunkSource::FirstBytes() {
  RETURN_IF_ERROR(Fill(kFirstBytes));
  return available().substr(0, kFirstBytes);
}

absl::StatusOr<std::optional<RawChunk>> ChunkSource::Next() {
  RETURN_IF_ERROR(Fill(kMaxVarintBytes));
  if (available().empty()) return std::nullopt;
  WireReader reader(available());
  const std::optional<std::uint64_t> size = reader.Varint();
  if (!size.has_value() && available().size() < kMaxVarintBytes) {
    cut_ = true;
    return std::nullopt;
  }
  if (!size.has_value() || *size > kMaxChunkBytes) {
    return absl::DataLossError(
        fmt::format("the chunk at byte {} says {} bytes, more than any has: the file is damaged",
                    good_bytes_, size.value_or(~std::uint64_t{0})));
  }
  if (*size == 0) {
    return absl::DataLossError(fmt::format(
        "the chunk at byte {} is empty: the file was not written to the end", good_bytes_));
  }
  const std::size_t prefix = VarintBytes(*size);
  const auto bytes = static_cast<std::size_t>(*size);
  RETURN_IF_ERROR(Fill(prefix + bytes));
  if (available().size() < prefix + bytes) {
    cut_ = true;
    return std::nullopt;
  }
  const RawChunk chunk{.offset = good_bytes_, .bytes = available().substr(prefix, bytes)};
  begin_ += prefix + bytes;
  good_bytes_ += prefix + bytes;
  return chunk;
}

std::uint64_t ChunkSource::file_bytes() const { return std::max(size_bytes_, read_bytes_); }

}  // namespace heimdallr::trace
