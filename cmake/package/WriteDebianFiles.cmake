# Run by cpack when the files of the package are in place: adds those that every Debian package has.
# The date is that of SOURCE_DATE_EPOCH where it is set.
string(TIMESTAMP PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
string(TIMESTAMP PACKAGE_YEAR "%Y" UTC)
set(documents "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/${CPACK_PACKAGE_NAME}")
foreach(file copyright changelog)
  configure_file("${CMAKE_CURRENT_LIST_DIR}/${file}.in" "${documents}/${file}" @ONLY)
endforeach()
execute_process(COMMAND gzip -9 -n -f "${documents}/changelog" COMMAND_ERROR_IS_FATAL ANY)
