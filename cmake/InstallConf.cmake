# The files of conf/ are written for /usr and /etc; those that are installed name the places of this build. All of them go to
# share/scoreboard-mqtt/conf. What programs and units look for in /etc/scoreboard-mqtt is put there as well, but only where there is
# none: it is the administrator's.
set(conf_etc ${CMAKE_INSTALL_FULL_SYSCONFDIR}/scoreboard-mqtt)
set(conf_places
    /usr/lib/x86_64-linux-gnu/mosquitto_scoreboard.so ${CMAKE_INSTALL_FULL_LIBDIR}/mosquitto_scoreboard.so
    /usr/share/scoreboard-mqtt ${CMAKE_INSTALL_FULL_DATADIR}/scoreboard-mqtt
    /usr/bin/scoreboard ${CMAKE_INSTALL_FULL_BINDIR}/scoreboard
    /etc/scoreboard-mqtt ${conf_etc})

# write_with_places(FROM TO): the file FROM, with the places of this build, as TO
function(write_with_places from to)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${from})
    file(READ ${from} text)
    set(places ${conf_places})
    while(places)
        list(POP_FRONT places was is)
        string(REPLACE ${was} ${is} text "${text}")
    endwhile()
    file(WRITE ${to} "${text}")
endfunction()

# conf_write(FILE): conf/FILE, below the build's conf/
function(conf_write file)
    write_with_places(${CMAKE_SOURCE_DIR}/conf/${file} ${CMAKE_BINARY_DIR}/conf/${file})
endfunction()

# install_etc(FILE): of the build's conf/
function(install_etc file)
    get_filename_component(name ${file} NAME)
    install(CODE "
        if(EXISTS \"\$ENV{DESTDIR}${conf_etc}/${name}\")
            message(STATUS \"Kept: \$ENV{DESTDIR}${conf_etc}/${name}\")
        else()
            file(INSTALL \"${CMAKE_BINARY_DIR}/conf/${file}\" DESTINATION \"${conf_etc}\")
        endif()")
endfunction()

# The paths are in the programs, too.
install(CODE "
    if(NOT CMAKE_INSTALL_PREFIX STREQUAL \"${CMAKE_INSTALL_PREFIX}\")
        message(FATAL_ERROR \"This build is for ${CMAKE_INSTALL_PREFIX}: configure it again with
            -DCMAKE_INSTALL_PREFIX=\${CMAKE_INSTALL_PREFIX}; to stage it somewhere, set DESTDIR\")
    endif()")

# By name: somebody's own conf/passwd is nobody else's.
foreach(file mosquitto.conf nginx.conf passwd.example policy.json publisher.conf grafana/brokers.json grafana/event.json prometheus/scoreboard.rules.yml
        prometheus/scoreboard.yml
        cluster/certificate cluster/edge.conf cluster/edge.env.example cluster/fill cluster/haproxy.cfg cluster/hub.conf cluster/mid.conf
        systemd/mosquitto-edge@.service systemd/mosquitto.service.d/scoreboard.conf systemd/scoreboard-publisher.service
        systemd/scoreboard-publisher-standby.service systemd/scoreboard-nginx.service)
    conf_write(${file})
endforeach()
install(DIRECTORY ${CMAKE_BINARY_DIR}/conf DESTINATION ${CMAKE_INSTALL_DATADIR}/scoreboard-mqtt)
install(DIRECTORY ${CMAKE_BINARY_DIR}/conf/systemd/ DESTINATION lib/systemd/system)
foreach(file policy.json passwd.example publisher.conf nginx.conf cluster/edge.conf cluster/edge.env.example cluster/mid.conf)
    install_etc(${file})
endforeach()
