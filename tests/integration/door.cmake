# The plugin in a real Mosquitto: the broker that is installed, and 2.1 where $SB_MOSQUITTO_21 names one.
pkg_check_modules(JWT REQUIRED IMPORTED_TARGET libjwt)

set(door_env)
if(SANITIZE)
    # a sanitized plugin wants its runtime loaded before the broker, which is not built with it
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libasan.so OUTPUT_VARIABLE libasan
        OUTPUT_STRIP_TRAILING_WHITESPACE)
    file(WRITE ${CMAKE_BINARY_DIR}/sanitized-mosquitto "#!/bin/sh\n# mosquitto for a plugin with ASan and UBSan\n"
        "export LD_PRELOAD=${libasan} ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:malloc_context_size=2 UBSAN_OPTIONS=print_stacktrace=1\n"
        "export LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/integration/mosquitto.lsan:print_suppressions=0\n"
        "exec /usr/sbin/mosquitto \"$@\"\n")
    file(CHMOD ${CMAKE_BINARY_DIR}/sanitized-mosquitto PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    set(door_env "SB_MOSQUITTO=${CMAKE_BINARY_DIR}/sanitized-mosquitto;ASAN_OPTIONS=malloc_context_size=2"
        "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/integration/mosquitto.lsan:print_suppressions=0")
endif()

# door_test(NAME): runs twice, in both brokers
function(door_test name)
    integration_test(${name} door_support ${ARGN})
    add_dependencies(itest_${name} mosquitto_scoreboard)
    set(env "SB_BUILD_DIR=${CMAKE_BINARY_DIR};SB_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
    set_tests_properties(integration/${name} PROPERTIES ENVIRONMENT "${env};${door_env}")
    if(NOT SANITIZE)
        add_test(NAME integration/${name}_on_2.1 COMMAND itest_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        set_tests_properties(integration/${name}_on_2.1 PROPERTIES TIMEOUT 900 LABELS integration SKIP_RETURN_CODE 77
            ENVIRONMENT "${env};SB_DOOR_21=1")
    endif()
endfunction()

door_test(door)
door_test(door_tokens PkgConfig::JWT)
door_test(door_attacks)
door_test(door_books)
door_test(door_stall)
door_test(door_newcomers)
door_test(door_files)
door_test(door_ctl)
add_dependencies(itest_door_ctl scoreboard-ctl)
door_test(door_rooms)
add_dependencies(itest_door_rooms scoreboard-ctl)
door_test(standby)
door_test(uplink)
add_dependencies(itest_uplink scoreboard-ctl)
