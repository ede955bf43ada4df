// A folder like /sys/devices/system/node, with the files the kernel has there.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace heimdallr::topology {

class NodeTree {
 public:
  NodeTree() {
    std::string path = std::filesystem::temp_directory_path() / "heimdallr-nodes-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = path;
  }
  NodeTree(const NodeTree&) = delete;
  NodeTree& operator=(const NodeTree&) = delete;
  ~NodeTree() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(folder_) / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  // As drivers/base/node.c writes them.
  void AddNode(int id, long long kib, const std::string& cpus, const std::string& distances) const {
    const std::string node = "node" + std::to_string(id);
    const std::string begin = "Node " + std::to_string(id) + " ";
    Write(node + "/meminfo", "\n" + begin + "MemTotal:       " + std::to_string(kib) + " kB\n" +
                                 begin + "MemFree:         6913160 kB\n" + begin +
                                 "MemUsed:        17770924 kB\n");
    Write(node + "/cpulist", cpus + "\n");
    Write(node + "/distance", distances + "\n");
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string folder_;
};

}  // namespace heimdallr::topology
