# unit tests of publisher/core: nothing but the core (and what tests start from) is linked
foreach(module bridge clock config feed frame health link naming outbox path pattern schema url)
    unit_test(${module} unit_fixture publisher_core)
endforeach()

# the JSON Schemas of schema/, against what the core reads and writes
find_package(Python3 COMPONENTS Interpreter)
add_executable(feed_dump ${CMAKE_SOURCE_DIR}/tests/unit/feed_dump.c)
target_link_libraries(feed_dump PRIVATE unit_fixture publisher_core)
if(Python3_FOUND)
    add_test(NAME unit/json_schemas
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/unit/json_schemas.py $<TARGET_FILE:feed_dump>
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(unit/json_schemas PROPERTIES TIMEOUT 300 LABELS unit SKIP_RETURN_CODE 77)
endif()

include(${CMAKE_SOURCE_DIR}/tests/fuzz/publisher.cmake)
