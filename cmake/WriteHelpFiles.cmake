# Run with -P: asks the programs HEIMDALLR and TRACE_DUMP, run by the command EMULATOR if there is one,
# for their help in each form and writes it below FOLDER, which is made anew: man1/*.1.gz,
# bash/PROGRAM, zsh/_PROGRAM.

# write(FILE PROGRAM ARGUMENT...): what the program prints into FOLDER/FILE.
function(write file)
  execute_process(COMMAND ${EMULATOR} ${ARGN} OUTPUT_FILE "${FOLDER}/${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}/man1" "${FOLDER}/bash" "${FOLDER}/zsh")
foreach(program "${HEIMDALLR}" "${TRACE_DUMP}")
  get_filename_component(name "${program}" NAME)
  write("man1/${name}.1" "${program}" --help-man)
  write("bash/${name}" "${program}" --help-bash)
  write("zsh/_${name}" "${program}" --help-zsh)
endforeach()

foreach(command sweep doctor events)
  write("man1/heimdallr-${command}.1" "${HEIMDALLR}" ${command} --help-man)
endforeach()

execute_process(COMMAND ${EMULATOR} "${TRACE_DUMP}" --help-commands
  OUTPUT_VARIABLE commands OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" commands "${commands}")
foreach(command ${commands})
  write("man1/trace-dump-${command}.1" "${TRACE_DUMP}" "${command}" --help-man)
endforeach()

# Without name and time in them, so that the same page is the same file.
file(GLOB pages "${FOLDER}/man1/*.1")
execute_process(COMMAND "${GZIP}" -9 -n ${pages} COMMAND_ERROR_IS_FATAL ANY)
