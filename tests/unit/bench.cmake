# unit tests of bench/loadgen
unit_test(loadgen loadgen_core unit_fixture)
