#!/bin/sh
# on_2.1.sh PROGRAM - runs a test program with the Mosquitto 2.1 that $SB_MOSQUITTO_21 names; skipped where there is none.
[ -x "$SB_MOSQUITTO_21" ] || { echo "skipped: no Mosquitto 2.1 here: set SB_MOSQUITTO_21 to a program that runs it"; exit 77; }
SB_MOSQUITTO=$SB_MOSQUITTO_21 SB_DOOR_21=1 exec "$@"
