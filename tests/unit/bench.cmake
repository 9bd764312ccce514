# unit tests of bench/wire and bench/loadgen
unit_test(wire wire)
unit_test(loadgen loadgen_core unit_fixture)
