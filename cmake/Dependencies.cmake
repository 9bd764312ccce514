# Libraries as Debian 12 packages them; one imported target each, so that a link line says what a part may use.
find_package(PkgConfig REQUIRED)
pkg_check_modules(CJSON REQUIRED IMPORTED_TARGET libcjson)
pkg_check_modules(MOSQUITTO REQUIRED IMPORTED_TARGET libmosquitto)
pkg_check_modules(LWS REQUIRED IMPORTED_TARGET libwebsockets)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl)
find_path(UTHASH_INCLUDE_DIR uthash.h REQUIRED)
