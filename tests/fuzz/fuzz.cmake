# Fuzz targets of what strangers can reach at the broker.
if(FUZZERS)
    target_compile_options(plugin_core PRIVATE -fsanitize=fuzzer-no-link)
    target_compile_options(base PRIVATE -fsanitize=fuzzer-no-link)
endif()

fuzz_test(json plugin_core)
fuzz_test(policy plugin_core)
fuzz_test(passwd plugin_core)
fuzz_test(token plugin_core)
fuzz_test(filter plugin_core)
fuzz_test(control plugin_core)
fuzz_test(crowd plugin_core)
