# Sourced by run.sh: the parts `storm` (all viewers lose their broker at once) and `scale` (one crowd over a hub and edges). Hub, edges
# and HAProxy are started by scripts/cluster.sh, as ./run --edges does.

storm_most_haproxy=9600 # HAProxy needs two files for each viewer, and a process may have 20,000
storm_seconds=90
scale_edges=3

# What the rows are called in RESULTS.md.
storm_name() {
	case $1 in
	edge*-packed | haproxy*-packed) echo "$(storm_name "${1%-packed}"), packed" ;;
	edge) echo 'HAProxy, 2 edges: one edge killed, and away' ;;
	haproxy) echo 'HAProxy, 2 edges: HAProxy killed, started again' ;;
	*) echo "$(server_name "$1"): killed, started again" ;;
	esac
}

choose_port() { free_port "$1"; } # for scripts/cluster.sh
# shellcheck source=scripts/cluster.sh
. scripts/cluster.sh

# Hands over to stop_servers all servers that still run: what a storm has killed is no longer ours to end, what it has started again is.
adopt_cluster() {
	local reborn
	mapfile -t server_pids < <(jobs -pr)
	cluster_pids=()
	[ -f "$state/reborn.pid" ] || return 0
	reborn=$(cat "$state/reborn.pid")
	rm "$state/reborn.pid"
	# the number may be another process's by now; ours has a file of $state on its command line
	! grep -q "$state/" "/proc/$reborn/cmdline" 2>/dev/null || server_pids+=("$reborn")
}

# hub, edges, and with `proxied` HAProxy as a proxy that the edges trust. Without it the load is counted like strangers.
start_crowd_servers() { # NUMBER-OF-EDGES [proxied]
	local pid
	edge_ports=() edge_ws_ports=() watched=()
	free_port port
	free_port ws_port
	write_broker_conf plugin
	cp "$state/password" "$state/bridge.password"
	cp "$state/password" "$state/monitor.password"
	load_options=(--user publisher --password-file "$state/password")
	if [ "${2:-}" = proxied ]; then
		jq '.passwords = "passwd"' conf/policy.json >"$state/policy.json"
		start_cluster "$1"
		load_options+=(--url "$(url_of ws)")
	else
		start_hub
		for i in $(seq "$1"); do start_edge "$i"; done
		for i in "${edge_ws_ports[@]}"; do load_options+=(--url "ws://127.0.0.1:$i/mqtt"); done
	fi
	load_options+=(--publish-url "mqtt://127.0.0.1:$hub_port")
	for pid in "${cluster_pids[@]}"; do watched+=(--watch "$pid"); done
}

# --- the storm ---

# Prints a shell command: ends a process without a word and starts it again, as systemd would.
kill_and_restart() { # PID COMMAND...
	local pid=$1
	shift
	printf '(kill -KILL %s; while kill -0 %s 2>/dev/null; do sleep 0.01; done; %s >>%q 2>&1 & echo $! >%q) &' \
		"$pid" "$pid" "$(printf '%q ' "$@")" "$state/reborn.log" "$state/reborn.pid"
}

# Sets storm_command, and where the operator knocks: at the broker that the crowd comes to.
start_storm_servers() { # KIND
	local probe kind=${1%-packed}
	case $kind in
	edge | haproxy)
		start_crowd_servers 2 proxied
		probe=${edge_ports[1]}
		storm_command="kill -KILL ${cluster_pids[1]}"
		[ "$kind" = edge ] || storm_command=$(kill_and_restart "${cluster_pids[-1]}" \
			"$haproxy" -db -f "$state/haproxy.cfg")
		;;
	*)
		start_server "$kind"
		probe=$port
		storm_command=$(kill_and_restart "$server_pid" "$(broker_of "$kind")" -c "$state/mosquitto.conf")
		;;
	esac
	watched=()
	load_options+=(--probe-url "mqtt://127.0.0.1:$probe" --probe-user operator --probe-password-file "$state/password")
	[ "$1" = "$kind" ] || load_options+=(--packed)
}

run_storm() {
	local kind n
	for kind in $storm_kinds; do
		can_start "$kind" || continue
		rm -f "$results/storm-$kind".*
		n=$storm_viewers
		case $kind in edge* | haproxy*) [ "$n" -le "$storm_most_haproxy" ] || n=$storm_most_haproxy ;; esac
		say "storm: $n viewers; $(storm_name "$kind")"
		start_storm_servers "$kind"
		measure "storm-$kind" --viewers "$n" --sources 200 --as-page --settle 1000 --snapshot-bytes "$snapshot" \
			--storm "$storm_seconds" --storm-command "$storm_command"
		stop_servers
	done
}

# --- scale ---

# Not through HAProxy, whose limit of open files is too low for it here. One delta every 2 s is what 2 cores can carry that carry
# the viewers, too.
run_scale() {
	local files
	files=$(ulimit -n)
	[ $((scale / scale_edges + 300)) -le "$files" ] || die "--scale $scale: an edge would need more than $files open files"
	say "scale: $scale viewers over a hub and $scale_edges edges"
	rm -f "$results"/scale-*
	start_crowd_servers "$scale_edges"
	measure "scale-$scale" --viewers "$scale" --per-process $((scale / scale_edges + 1)) --connect-timeout 600 \
		--publish 1 --publish-period 2 --windows 3 --settle 3000
	stop_servers
}
