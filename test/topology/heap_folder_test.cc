#include "topology/heap_folder.h"

#include <sys/sysmacros.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "node_tree.h"

namespace heimdallr::topology {

TEST_CASE("TryHeapFolder: a folder with room is told how much, and nothing is left in it") {
  const NodeTree tree;
  const auto folder = TryHeapFolder(tree.folder());
  REQUIRE(folder.status().ToString() == "OK");
  CHECK(folder->free_bytes >= kMinHeapBytes);
  CHECK(std::filesystem::is_empty(tree.folder()));
}

TEST_CASE("TryHeapFolder: a missing folder and a file are refused") {
  const NodeTree tree;
  const auto missing = TryHeapFolder(tree.folder() + "/none");
  CHECK(missing.status().code() == absl::StatusCode::kNotFound);
  CHECK(std::string(missing.status().message()).find("'" + tree.folder() + "/none'") !=
        std::string::npos);
  tree.Write("file", "");
  CHECK(TryHeapFolder(tree.folder() + "/file").status().code() ==
        absl::StatusCode::kFailedPrecondition);
}

TEST_CASE("TryHeapFolder: a folder where nobody can make files is refused") {
  CHECK_FALSE(TryHeapFolder("/proc/self").ok());
}

// Lines as in proc(5) and of an NVDIMM's ext4.
TEST_CASE("IsMountedWithDax: the option of the mount of that device counts") {
  constexpr std::string_view kMounts =
      "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard\n"
      "98 22 259:0 / /mnt/pmem0 rw,relatime shared:50 master:2 - ext4 /dev/pmem0 rw,dax=always\n"
      "99 22 259:1 / /mnt/pmem1 rw,dax - xfs /dev/pmem1 rw,attr2,dax=inode\n"
      "100 22 259:2 / /mnt/dax rw - xfs /dev/dax rw,dax,attr2\n"
      "cut short";
  CHECK(IsMountedWithDax(kMounts, makedev(259, 0)));
  CHECK_FALSE(IsMountedWithDax(kMounts, makedev(259, 1)));
  CHECK(IsMountedWithDax(kMounts, makedev(259, 2)));
  CHECK_FALSE(IsMountedWithDax(kMounts, makedev(254, 0)));
  CHECK_FALSE(IsMountedWithDax(kMounts, makedev(9, 9)));
  CHECK_FALSE(IsMountedWithDax("", makedev(259, 0)));
}

}  // namespace heimdallr::topology
