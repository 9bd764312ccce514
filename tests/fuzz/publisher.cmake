# Fuzz targets of what a scoreboard, a broker or a file may say to the publisher.
fuzz_test(path unit_unmap)
fuzz_test(frame publisher_core)
fuzz_test(schema unit_unmap)
fuzz_test(config publisher_core)
fuzz_test(http_request publisher_core)
fuzz_test(unpacker publisher_core)
fuzz_test(image publisher_core)
