# unit tests of publisher/core: nothing but the core (and what tests start from) is linked
foreach(module bridge clock config feed frame health http_request link naming outbox path pattern schema seats source_kinds url)
    unit_test(${module} unit_fixture publisher_core)
endforeach()
# this test makes allocations fail
target_link_options(test_seats PRIVATE LINKER:--wrap=malloc,--wrap=calloc)

# of the shell: what can be had without a socket
unit_test(http_answer publisher_core PkgConfig::ZLIB)
target_sources(test_http_answer PRIVATE ${CMAKE_SOURCE_DIR}/publisher/io/http_answer.c ${CMAKE_SOURCE_DIR}/publisher/io/io.c)

# what the core reads and writes, for the test of the JSON Schemas in tests/web
add_executable(feed_dump ${CMAKE_SOURCE_DIR}/tests/unit/feed_dump.c)
target_link_libraries(feed_dump PRIVATE unit_fixture publisher_core)

include(${CMAKE_SOURCE_DIR}/tests/fuzz/publisher.cmake)
