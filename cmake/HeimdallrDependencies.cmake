# Packages this project builds with, each a Debian 12 package (tools/dev has the list).

find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Catch2 2 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw libelf)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)
find_package(zycore REQUIRED)
find_package(zydis REQUIRED)
find_package(Threads REQUIRED)
