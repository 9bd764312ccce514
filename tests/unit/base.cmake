# unit tests of base/
add_library(unit_fixture STATIC ${CMAKE_SOURCE_DIR}/tests/unit/fixture.c)
target_link_libraries(unit_fixture PUBLIC base)

foreach(module buf complaint hash json log metrics mono process str topic)
    unit_test(${module} unit_fixture base)
endforeach()

# short_memory_test(NAME LIBS...): the test has a malloc that it can make fail (tests/unit/short_memory.h).
function(short_memory_test name)
    unit_test(${name} ${ARGN})
    target_sources(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/short_memory.c)
    target_link_options(test_${name} PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
endfunction()

foreach(module buf json)
    short_memory_test(${module}_memory base)
endforeach()
