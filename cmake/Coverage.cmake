# COVERAGE=ON: every program counts which of its lines run (gcov). ./test coverage builds with it.
option(COVERAGE "Count the lines that run, for ./test coverage" OFF)
if(COVERAGE)
    add_compile_options(--coverage -O0)
    add_link_options(--coverage)
endif()
