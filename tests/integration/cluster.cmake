# Many brokers as conf/cluster/ ships them. SB_CLUSTER_ROUNDS=100 in the environment: more of the random faults.
integration_test(cluster fleet_support)
add_dependencies(itest_cluster mosquitto_scoreboard)
integration_test(cluster_hubs fleet_support)
add_dependencies(itest_cluster_hubs mosquitto_scoreboard scoreboard-ctl)
integration_test(cluster_rooms fleet_support PkgConfig::OPENSSL)
add_dependencies(itest_cluster_rooms mosquitto_scoreboard scoreboard-ctl)
integration_test(cluster_tree fleet_support)
add_dependencies(itest_cluster_tree mosquitto_scoreboard)
integration_test(cluster_control fleet_support)
add_dependencies(itest_cluster_control mosquitto_scoreboard scoreboard-ctl)
set(cluster_env "SB_BUILD_DIR=${CMAKE_BINARY_DIR};SB_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
set_tests_properties(integration/cluster integration/cluster_hubs integration/cluster_rooms integration/cluster_control integration/cluster_tree PROPERTIES TIMEOUT 1800 ENVIRONMENT "${cluster_env};${door_env}")
if(NOT SANITIZE)
    add_test(NAME integration/cluster_on_2.1
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_2.1.sh $<TARGET_FILE:itest_cluster> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    add_test(NAME integration/cluster_hubs_on_2.1
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_2.1.sh $<TARGET_FILE:itest_cluster_hubs> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    add_test(NAME integration/cluster_rooms_on_2.1
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_2.1.sh $<TARGET_FILE:itest_cluster_rooms> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    add_test(NAME integration/cluster_tree_on_2.1
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_2.1.sh $<TARGET_FILE:itest_cluster_tree> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    add_test(NAME integration/cluster_control_on_2.1
        COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_2.1.sh $<TARGET_FILE:itest_cluster_control> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(integration/cluster_on_2.1 integration/cluster_hubs_on_2.1 integration/cluster_rooms_on_2.1 integration/cluster_control_on_2.1 integration/cluster_tree_on_2.1 PROPERTIES TIMEOUT 1800 LABELS integration SKIP_RETURN_CODE 77
        ENVIRONMENT "${cluster_env}")
endif()
