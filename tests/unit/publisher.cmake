# unit tests of publisher/core: nothing but the core (and what tests start from) is linked
foreach(module bridge clock config feed frame health http_request link naming outbox path pattern schema seats url)
    unit_test(${module} unit_fixture publisher_core)
endforeach()

# The same modules with a malloc that the test can make fail (tests/unit/short_memory.h).
foreach(module outbox feed)
    unit_test(${module}_memory publisher_core)
    target_sources(test_${module}_memory PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/short_memory.c)
    target_link_options(test_${module}_memory PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
endforeach()

# what the core reads and writes, for the test of the JSON Schemas in tests/web
add_executable(feed_dump ${CMAKE_SOURCE_DIR}/tests/unit/feed_dump.c)
target_link_libraries(feed_dump PRIVATE unit_fixture publisher_core)

include(${CMAKE_SOURCE_DIR}/tests/fuzz/publisher.cmake)
