# the way back from topics to paths
add_library(unit_unmap STATIC ${CMAKE_SOURCE_DIR}/tests/unit/unmap.c)
target_link_libraries(unit_unmap PUBLIC publisher_core)

# schemas that several tests share
add_library(unit_schemas STATIC ${CMAKE_SOURCE_DIR}/tests/unit/schemas.c)
target_link_libraries(unit_schemas PUBLIC unit_main publisher_core)

# unit tests of publisher/core: nothing but the core (and what tests start from) is linked
foreach(module about ask attendance broker_list channel clock config deflater discovery display echo effects encoding feed files follow frame health http_request image link
        mirror naming outbox outboxes owner page_config packed packer parts path pattern people picture replay retries schema seats sink source_kinds spectators standby status stop story text translator unpacker uplink url views warnings)
    unit_test(${module} unit_fixture unit_schemas publisher_core)
endforeach()
target_link_libraries(test_deflater PRIVATE PkgConfig::ZLIB)
target_link_libraries(test_naming PRIVATE unit_unmap)
target_link_libraries(test_schema PRIVATE unit_unmap)

# of the shell: what can be had without a socket
unit_test(http_answer publisher_core PkgConfig::ZLIB)
target_sources(test_http_answer PRIVATE ${CMAKE_SOURCE_DIR}/publisher/io/http/http_answer.c ${CMAKE_SOURCE_DIR}/publisher/io/http/health_json.c
    ${CMAKE_SOURCE_DIR}/publisher/io/io.c)
target_compile_definitions(test_http_answer PRIVATE PROGRAM_VERSION="1.2.3")
target_link_options(test_http_answer PRIVATE -Wl,--wrap=deflateInit2_)
unit_test(event_gzip unit_fixture publisher_core PkgConfig::ZLIB)
target_sources(test_event_gzip PRIVATE ${CMAKE_SOURCE_DIR}/publisher/io/http/event_gzip.c ${CMAKE_SOURCE_DIR}/publisher/io/http/event_text.c)
target_link_options(test_event_gzip PRIVATE -Wl,--wrap=deflateReset)
unit_test(event_stream unit_fixture publisher_core PkgConfig::ZLIB)
target_sources(test_event_stream PRIVATE ${CMAKE_SOURCE_DIR}/publisher/io/http/event_gzip.c ${CMAKE_SOURCE_DIR}/publisher/io/http/event_stream.c
    ${CMAKE_SOURCE_DIR}/publisher/io/http/event_text.c)

unit_test(history_store publisher_history_io)

# with a scripted shell around the whole core
foreach(test bridge bridge_brokers bridge_files bridge_game bridge_packed bridge_standby)
    unit_test(${test} unit_fixture unit_schemas publisher_core)
    target_sources(test_${test} PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/shell.c)
endforeach()

# the same modules when memory runs out
foreach(module outbox feed packer schema seats)
    short_memory_test(${module}_memory publisher_core)
endforeach()

# what the core reads and writes, for the test of the JSON Schemas in tests/web
add_executable(feed_dump ${CMAKE_SOURCE_DIR}/tests/unit/feed_dump.c)
target_link_libraries(feed_dump PRIVATE unit_fixture publisher_core)

include(${CMAKE_SOURCE_DIR}/tests/fuzz/publisher.cmake)
