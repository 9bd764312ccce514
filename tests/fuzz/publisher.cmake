# Fuzz targets of what a scoreboard, a broker or a file may say to the publisher.
if(FUZZERS)
    target_compile_options(publisher_core PRIVATE -fsanitize=fuzzer-no-link)
endif()

fuzz_test(path unit_unmap)
fuzz_test(frame publisher_core)
fuzz_test(schema unit_unmap)
fuzz_test(config publisher_core)
fuzz_test(http_request publisher_core)
