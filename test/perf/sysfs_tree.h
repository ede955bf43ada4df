// Trees that look like /sys/bus/event_source/devices, for tests.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "perf/pmu_catalog.h"

namespace heimdallr::perf {

/// A tree of its own below the folder for temporary files, gone with its owner.
class SysfsTree {
 public:
  SysfsTree() : root_(std::filesystem::temp_directory_path() / "heimdallr-sysfs-XXXXXX") {
    std::string name = root_.string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    root_ = name;
    std::filesystem::create_directories(devices());
  }
  SysfsTree(const SysfsTree&) = delete;
  SysfsTree& operator=(const SysfsTree&) = delete;
  ~SysfsTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  [[nodiscard]] std::filesystem::path devices() const {
    return root_ / "bus" / "event_source" / "devices";
  }

  /// Writes a file such as "cpu/format/ldlat".
  SysfsTree& With(const std::string& path, std::string_view text) {
    const std::filesystem::path file = devices() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return *this;
  }

  [[nodiscard]] PmuCatalog Read() const { return PmuCatalog::Read(root_.string()).value(); }

 private:
  std::filesystem::path root_;
};

}  // namespace heimdallr::perf
