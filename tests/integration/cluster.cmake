# Many brokers as conf/cluster/ ships them. SB_CLUSTER_ROUNDS=100 in the environment: more of the random faults.
target_sources(test_support PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/relay.c)
add_library(fleet_support STATIC ${CMAKE_SOURCE_DIR}/tests/support/fleet.c)
target_link_libraries(fleet_support PUBLIC door_support test_support)

integration_test(cluster fleet_support)
add_dependencies(itest_cluster mosquitto_scoreboard)
set_tests_properties(integration/cluster PROPERTIES TIMEOUT 1800
    ENVIRONMENT "SB_BUILD_DIR=${CMAKE_BINARY_DIR};SB_SOURCE_DIR=${CMAKE_SOURCE_DIR};${door_env}")
