// A file that goes away with its owner.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace heimdallr::cli {

class TemporaryFile {
 public:
  TemporaryFile() {
    const int fd = mkstemp(path_.data());
    if (fd < 0) abort();
    close(fd);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { unlink(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/heimdallr-test-XXXXXX";
};

}  // namespace heimdallr::cli
