# unit tests of base/
add_library(unit_fixture STATIC ${CMAKE_SOURCE_DIR}/tests/unit/fixture.c)
target_link_libraries(unit_fixture PUBLIC base)

foreach(module buf complaint hash json log metrics mono str topic)
    unit_test(${module} unit_fixture base)
endforeach()
