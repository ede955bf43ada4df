# Manual pages and completion, which the programs write themselves from the options they know, and
# where they are installed.
set(help_folder "${PROJECT_BINARY_DIR}/help")
find_program(GZIP_PROGRAM gzip REQUIRED)
add_custom_command(
  OUTPUT "${help_folder}.stamp"
  COMMAND "${CMAKE_COMMAND}" -DHEIMDALLR=$<TARGET_FILE:heimdallr>
          -DTRACE_DUMP=$<TARGET_FILE:trace-dump> -DGZIP=${GZIP_PROGRAM}
          "-DEMULATOR=${CMAKE_CROSSCOMPILING_EMULATOR}" -DFOLDER=${help_folder}
          -P "${PROJECT_SOURCE_DIR}/cmake/WriteHelpFiles.cmake"
  COMMAND "${CMAKE_COMMAND}" -E touch "${help_folder}.stamp"
  DEPENDS heimdallr trace-dump "${PROJECT_SOURCE_DIR}/cmake/WriteHelpFiles.cmake"
  COMMENT "Writing manual pages and completion"
  VERBATIM)
add_custom_target(help-files ALL DEPENDS "${help_folder}.stamp")

install(DIRECTORY "${help_folder}/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}")
install(DIRECTORY "${help_folder}/bash/"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(DIRECTORY "${help_folder}/zsh/"
  DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
