# twhin_floor(<folder> SOURCES ... [TESTS ...] [LINK ...] [PRIVATE_LINK ...])
#
# Declares src/<folder> as the library twhin_<folder>. Files are named one by one. LINK names the
# lower folders and the libraries that its headers show; PRIVATE_LINK those that only its .cpp use.
# TESTS make one test program, <folder>_test; its tests carry the label "fast".
function(twhin_floor folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;TESTS;LINK;PRIVATE_LINK;TEST_LINK" ${ARGN})
  set(target twhin_${folder})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC
    "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src" "${PROJECT_BINARY_DIR}/include")
  target_link_libraries(${target} PUBLIC ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK} twhin_warnings)
  if(TWHIN_BUILD_TESTS AND ARG_TESTS)
    twhin_test(${folder}_test SOURCES ${ARG_TESTS} LINK ${target} ${ARG_TEST_LINK})
  endif()
endfunction()

# twhin_test(<name> SOURCES ... [LINK ...] [LABELS ...])
function(twhin_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gmock GTest::gtest_main twhin_warnings)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300 SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()

# twhin_fuzz(<name> SOURCES ... LINK ...): a program of libFuzzer, built by the preset "fuzz".
function(twhin_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} twhin_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
