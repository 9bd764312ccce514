# Every target of ours is C11 with these warnings; WERROR=ON makes them fatal (./test does).
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # getrandom, ppoll, signalfd: we are a Linux program
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON) # base is linked into the plugin
add_compile_definitions(_GNU_SOURCE)
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -fno-common)
if(WERROR)
    add_compile_options(-Werror)
endif()
