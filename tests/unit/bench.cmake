# unit tests of bench/wire and bench/loadgen
unit_test(wire wire)
unit_test(loadgen loadgen_core unit_fixture)
# bench/plan
if(NOT SANITIZE)
    add_test(NAME unit/planning COMMAND ${CMAKE_SOURCE_DIR}/tests/unit/planning.sh WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(unit/planning PROPERTIES TIMEOUT 60 LABELS unit SKIP_RETURN_CODE 77)
endif()
