# unit tests of publisher/core: nothing but the core (and what tests start from) is linked
foreach(module bridge clock config feed frame health link naming outbox path pattern schema url)
    unit_test(${module} unit_fixture publisher_core)
endforeach()
