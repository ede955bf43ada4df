# `cpack -G DEB` in a build tree makes one package of everything that is installed.
set(HEIMDALLR_PACKAGE_CONTACT "heimdallr developers <heimdallr@packages.invalid>" CACHE STRING
  "Maintainer of the package, 'Name <address>': whoever distributes it gives an address that answers")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME heimdallr)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${HEIMDALLR_PACKAGE_CONTACT}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/package/WriteDebianFiles.cmake")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
# The headers of the library include Abseil's.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libabsl-dev, cmake")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_CURRENT_LIST_DIR}/package/triggers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "sampling memory profiler that needs no hardware support")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "heimdallr runs a program, samples its loads and stores, records
every allocation and tells which objects are accessed, when, by which
code and how expensively. Where the processor cannot sample accesses,
as on most virtual machines, it computes them from ticks of the CPU
clock.
.
trace-dump reads the recordings. The library libheimdallr and its
headers let other programs read them.")
include(CPack)
