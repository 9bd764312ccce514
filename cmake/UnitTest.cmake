find_path(CUNIT_INCLUDE_DIR CUnit/Basic.h REQUIRED)
find_library(CUNIT_LIBRARY cunit REQUIRED)

# unit_test(NAME LIBS...): tests/unit/test_NAME.c becomes the ctest "unit/NAME". The libraries named are the only
# ones linked: a core module that reaches for a socket library does not link.
function(unit_test name)
    add_executable(test_${name} ${CMAKE_SOURCE_DIR}/tests/unit/test_${name}.c)
    target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CUNIT_INCLUDE_DIR})
    target_link_libraries(test_${name} PRIVATE unit_main ${ARGN} ${CUNIT_LIBRARY})
    add_test(NAME unit/${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(unit/${name} PROPERTIES TIMEOUT 300 LABELS unit)
endfunction()

# integration_test(NAME LIBS...): tests/integration/test_NAME.c against a real broker and the real programs.
function(integration_test name)
    add_executable(itest_${name} ${CMAKE_SOURCE_DIR}/tests/integration/test_${name}.c)
    target_include_directories(itest_${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CUNIT_INCLUDE_DIR})
    target_link_libraries(itest_${name} PRIVATE unit_main test_support ${ARGN} ${CUNIT_LIBRARY})
    add_test(NAME integration/${name} COMMAND itest_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(integration/${name} PROPERTIES TIMEOUT 900 LABELS integration
        ENVIRONMENT "SB_BUILD_DIR=${CMAKE_BINARY_DIR};SB_SOURCE_DIR=${CMAKE_SOURCE_DIR}"
        SKIP_RETURN_CODE 77)
endfunction()

# fuzz_test(NAME LIBS...): tests/fuzz/fuzz_NAME.c as a libFuzzer target with -DFUZZERS=ON (clang, with -DSANITIZE=ON), and
# always as the ctest "fuzz/NAME" that replays its corpus.
function(fuzz_test name)
    add_executable(replay_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
    target_include_directories(replay_${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(replay_${name} PRIVATE ${ARGN})
    add_test(NAME fuzz/${name} COMMAND replay_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz/${name} PROPERTIES TIMEOUT 120 LABELS unit)
    if(FUZZERS)
        add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
        target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR})
        target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    endif()
endfunction()
