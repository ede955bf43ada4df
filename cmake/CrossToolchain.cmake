# Builds for another architecture of Debian with its cross compiler, and runs what was built by
# qemu-user. `tools/dev cross ARCH` gives what it takes:
#   HEIMDALLR_CROSS           ppc64el or arm64
#   HEIMDALLR_CROSS_ROOT      a folder with the files of that architecture (tools/cross-root)
#   HEIMDALLR_CROSS_EMULATOR  qemu-user; if it is not given, what is installed
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES HEIMDALLR_CROSS HEIMDALLR_CROSS_ROOT)

if(HEIMDALLR_CROSS STREQUAL "ppc64el")
  set(CMAKE_SYSTEM_PROCESSOR ppc64le)
  set(cross_triplet powerpc64le-linux-gnu)
elseif(HEIMDALLR_CROSS STREQUAL "arm64")
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(cross_triplet aarch64-linux-gnu)
else()
  message(FATAL_ERROR "HEIMDALLR_CROSS is '${HEIMDALLR_CROSS}'; it can be ppc64el or arm64")
endif()

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${cross_triplet}-gcc)
set(CMAKE_CXX_COMPILER ${cross_triplet}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${cross_triplet})
set(CMAKE_SYSROOT "${HEIMDALLR_CROSS_ROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${CMAKE_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR}
  "${CMAKE_SYSROOT}/usr/lib/${cross_triplet}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig")

find_program(HEIMDALLR_CROSS_EMULATOR
  NAMES qemu-${CMAKE_SYSTEM_PROCESSOR} qemu-${CMAKE_SYSTEM_PROCESSOR}-static REQUIRED)
set(CMAKE_CROSSCOMPILING_EMULATOR "${HEIMDALLR_CROSS_EMULATOR}" -L "${CMAKE_SYSROOT}")
