# Packages this project builds with, each a Debian 12 package (tools/dev has the list).

find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Catch2 2 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libdw REQUIRED IMPORTED_TARGET libdw libelf)
pkg_check_modules(numa REQUIRED IMPORTED_TARGET numa)
pkg_check_modules(libzstd REQUIRED IMPORTED_TARGET libzstd)
find_package(zycore REQUIRED)
find_package(zydis REQUIRED)
find_package(Threads REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
find_package(Boost REQUIRED)
find_package(nlohmann_json REQUIRED)
pkg_check_modules(numa REQUIRED IMPORTED_TARGET numa)
# Names of raw events; without it everything else is built.
find_path(HEIMDALLR_PFM_INCLUDE perfmon/pfmlib_perf_event.h)
find_library(HEIMDALLR_PFM_LIBRARY pfm)
# memkind's kinds of memory; without it everything else is built.
find_path(HEIMDALLR_MEMKIND_INCLUDE memkind.h)
find_library(HEIMDALLR_MEMKIND_LIBRARY memkind)

# What protoc of this machine writes fits the library of the same version alone.
if(CMAKE_CROSSCOMPILING)
  execute_process(COMMAND "${Protobuf_PROTOC_EXECUTABLE}" --version OUTPUT_VARIABLE protoc_version
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT protoc_version MATCHES " ${Protobuf_VERSION}\n")
    message(FATAL_ERROR "'${Protobuf_PROTOC_EXECUTABLE}' is ${protoc_version} and the library to build "
      "with is ${Protobuf_VERSION}: install protobuf-compiler of that version")
  endif()
endif()
