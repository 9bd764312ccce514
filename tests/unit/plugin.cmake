# unit tests of mosquitto-plugin/core
