# How targets of this project are made. One function for each kind, so that language level, warnings
# and sanitizers are the same everywhere.

function(heimdallr_target_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wconversion -Wshadow>
    # Designated initialisers leave out what has a default.
    $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>
    $<$<BOOL:${HEIMDALLR_WERROR}>:-Werror>)
  if(HEIMDALLR_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${HEIMDALLR_SANITIZE}
                                             -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${HEIMDALLR_SANITIZE})
  endif()
endfunction()

# heimdallr_library(FOLDER SOURCES files... [PUBLIC libs...] [PRIVATE libs...])
# The static library heimdallr_FOLDER of src/FOLDER.
function(heimdallr_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target heimdallr_${folder})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(heimdallr::${folder} ALIAS ${target})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  heimdallr_target_options(${target})
endfunction()

# heimdallr_unit_test(FOLDER SOURCES files... [LIBS libs...])
# One Catch2 program test-FOLDER of test/FOLDER; each of its cases is a ctest of its own.
function(heimdallr_unit_test folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  set(target test-${folder})
  add_executable(${target} ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE Catch2::Catch2WithMain ${ARG_LIBS})
  target_compile_definitions(${target} PRIVATE
    HEIMDALLR_TEST_DATA="${PROJECT_SOURCE_DIR}/test/data")
  heimdallr_target_options(${target})
  add_test(NAME unit.${folder} COMMAND ${target})
  set_tests_properties(unit.${folder} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
