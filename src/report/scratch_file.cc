#include "report/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace heimdallr::report {
namespace {

absl::Status Failure(std::string_view what, const std::string& folder, int error) {
  return absl::UnavailableError(
      fmt::format("cannot {} a temporary file in '{}': {}. Set TMPDIR to a folder with room", what,
                  folder, std::generic_category().message(error)));
}

}  // namespace

absl::StatusOr<ScratchFile> ScratchFile::Create() {
  const char* const asked = std::getenv("TMPDIR");
  std::string folder = asked != nullptr && *asked != '\0' ? asked : "/tmp";
  base::UniqueFd fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd.valid() && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    // A file system that cannot make one without a name.
    std::string path = folder + "/heimdallr-XXXXXX";
    fd = base::UniqueFd(mkostemp(path.data(), O_CLOEXEC));
    if (fd.valid()) unlink(path.c_str());
  }
  if (!fd.valid()) return Failure("make", folder, errno);
  return ScratchFile(std::move(fd), std::move(folder));
}

absl::Status ScratchFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return Failure("write", folder_, errno);
    }
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ScratchFile::Read(std::uint64_t offset, std::uint64_t size) const {
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got = pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                              static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Failure("read", folder_, got < 0 ? errno : EIO);
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace heimdallr::report
