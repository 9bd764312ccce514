# Fuzz targets of what strangers can reach at the broker.
fuzz_test(json plugin_core)
fuzz_test(policy plugin_core)
fuzz_test(passwd plugin_core)
fuzz_test(token plugin_core)
fuzz_test(filter plugin_core)
fuzz_test(room plugin_core)
fuzz_test(control plugin_core)
fuzz_test(crowd plugin_core)
