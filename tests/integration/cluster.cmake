# Many brokers as conf/cluster/ ships them. SB_CLUSTER_ROUNDS=100 in the environment: more of the random faults.
set(cluster_env "SB_BUILD_DIR=${CMAKE_BINARY_DIR};SB_SOURCE_DIR=${CMAKE_SOURCE_DIR}")

# cluster_test(NAME LIBS...): runs twice, in both brokers.
function(cluster_test name)
    integration_test(${name} fleet_support ${ARGN})
    add_dependencies(itest_${name} mosquitto_scoreboard scoreboard-ctl)
    set_tests_properties(integration/${name} PROPERTIES TIMEOUT 1800 LABELS integration ENVIRONMENT "${cluster_env};${door_env}")
    if(NOT SANITIZE)
        add_test(NAME integration/${name}_on_2.1
            COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/on_2.1.sh $<TARGET_FILE:itest_${name}> WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
        set_tests_properties(integration/${name}_on_2.1 PROPERTIES TIMEOUT 1800 LABELS integration SKIP_RETURN_CODE 77
            ENVIRONMENT "${cluster_env}")
    endif()
endfunction()

cluster_test(cluster_tree)
cluster_test(cluster)
cluster_test(cluster_hubs)
cluster_test(cluster_tracks)
cluster_test(cluster_rooms PkgConfig::OPENSSL)
cluster_test(cluster_control)
