# Sourced, once Mosquitto is installed, by what starts one on this machine: ./run and bench/run.sh. Needs $build and $state.

mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)

# Ends a child, also one that somebody has frozen to see what happens: SIGTERM alone would wait there for ever.
end_process() { # PID, or nothing
	[ -n "$1" ] && kill -TERM "$1" 2>/dev/null || return 0
	kill -CONT "$1" 2>/dev/null || true
	wait "$1" || true
}

# A file of conf/ with this build's plugin, the policy in $state, and the metrics in $state/NAME.prom; its ports stay.
local_conf() { # FILE NAME
	sed -e "s|^plugin .*|plugin $(realpath "$build")/mosquitto-plugin/mosquitto_scoreboard.so|" \
		-e "s|/etc/scoreboard-mqtt/policy.json|$state/policy.json|" \
		-e "s|/var/lib/mosquitto/scoreboard.prom|$state/$2.prom|" "$1"
	stay_ourselves
}

# Started by root it would give up root, and with it the right to read what is in $state.
stay_ourselves() { echo "user $(id -un)"; }
