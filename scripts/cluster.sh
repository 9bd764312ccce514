# Sourced by ./run --edges N and by bench/run.sh: a hub or some, N edges with a bridge to one of them, and HAProxy before them, all on this machine.
# Needs scripts/broker.sh, say(), die(), answers(), choose_port(), $state, $build; $listen and $here where HAProxy is to listen at one address. What is started is added to cluster_pids, in that order.

cluster_pids=()
haproxy=$(command -v haproxy || echo /usr/sbin/haproxy)

stop_cluster() {
	local i
	for ((i = ${#cluster_pids[@]} - 1; i >= 0; i--)); do
		end_process "${cluster_pids[i]}"
	done
	cluster_pids=()
}

start_member() { # NAME [ADDRESS:]PORT COMMAND...: returns when the port answers
	local name=$1 address=127.0.0.1 port=${2##*:}
	[ "$port" = "$2" ] || address=${2%:*}
	shift 2
	"$@" >"$state/$name.log" 2>&1 &
	cluster_pids+=($!)
	for _ in $(seq 100); do
		answers "$address" "$port" && return
		kill -0 "${cluster_pids[-1]}" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 20 "$state/$name.log" >&2
	die "$name did not start"
}

start_mosquitto() { # NAME PORT: with $state/NAME.conf
	start_member "$1" "$2" "$mosquitto" -c "$state/$1.conf"
}

start_hub() { # [NUMBER]: the first one sets hub_port; each is appended to hub_ports and, for edges, to hub_addresses
	local name this
	name=hub$([ "${1:-1}" = 1 ] || echo "$1")
	[ "${1:-1}" != 1 ] || hub_ports=() hub_addresses=''
	choose_port this '' 1880 >/dev/null
	hub_ports+=("$this")
	# shellcheck disable=SC2034 # bench/cluster.sh reads it
	hub_port=${hub_ports[0]}
	hub_addresses+="${hub_addresses:+ }127.0.0.1:$this"
	local_conf conf/cluster/hub.conf "$name" | sed -e "s|^listener 1880|listener $this 127.0.0.1|" -e "s|^plugin_opt_name .*|plugin_opt_name $name|" >"$state/$name.conf"
	start_mosquitto "$name" "$this"
}

start_edge() { # NUMBER: appends to edge_ports and edge_ws_ports
	local tcp ws
	choose_port tcp '' 1884 >/dev/null
	choose_port ws '' 9011 >/dev/null
	NAME=edge$1 ADDRESS=127.0.0.1 PORT=$tcp WS_PORT=$ws HUB=$hub_addresses HUB_PASSWORD=$(cat "$state/bridge.password") \
		PLUGIN=$(realpath "$build")/mosquitto-plugin/mosquitto_scoreboard.so POLICY=$state/policy.json METRICS=$state/edge$1.prom \
		conf/cluster/fill conf/cluster/edge.conf >"$state/edge$1.conf"
	stay_ourselves >>"$state/edge$1.conf"
	start_mosquitto "edge$1" "$tcp"
	edge_ports+=("$tcp")
	edge_ws_ports+=("$ws")
}

# The `server` lines of one backend of haproxy.cfg.
haproxy_servers() { # BACKEND
	local i
	for i in "${!edge_ports[@]}"; do
		local tcp=${edge_ports[i]} ws=${edge_ws_ports[i]} name=edge$((i + 1))
		case $1 in
		displays_*) printf '\tserver %s 127.0.0.1:%s track %s/%s\n' "$name" "$tcp" "${1#displays_}" "$name" ;;
		*) printf '\tserver %s 127.0.0.1:%s check port %s\n' "$name" "$ws" "$tcp" ;;
		esac
	done
}

# The shipped haproxy.cfg with these edges in place of its two, on our ports and within the limits of whoever runs us.
haproxy_conf() {
	local max=$((($(ulimit -n) - 300) / 2)) line backend=''
	[ "$max" -lt 100000 ] || max=100000
	while IFS= read -r line; do
		case $line in
		"	server edge"*)
			[ -z "$backend" ] || haproxy_servers "$backend"
			backend=''
			;;
		*) printf '%s\n' "$line" ;;
		esac
		[[ $line != "backend "* ]] || backend=${line#backend }
	done < <(sed -e "s|^\tmaxconn .*|\tmaxconn $max|" -e "s|^\tbind :9001 |\tbind ${listen:-}:$ws_port |" -e "s|^\tbind :1883 |\tbind ${listen:-}:$port |" \
		-e "s|^\tbind 127.0.0.1:8404|\tbind 127.0.0.1:$stats_port|" \
		-e "s|/run/haproxy/scoreboard.sock|unix@${state#"$PWD/"}/haproxy.sock|" conf/cluster/haproxy.cfg)
}

start_haproxy() {
	choose_port stats_port '' 8404
	haproxy_conf >"$state/haproxy.cfg"
	SCOREBOARD_MONITOR_PASSWORD=$(cat "$state/monitor.password")
	export SCOREBOARD_MONITOR_PASSWORD
	unset SCOREBOARD_CERTIFICATE # somebody's own HAProxy, not this one
	start_member haproxy "${here:-127.0.0.1}:$ws_port" "$haproxy" -db -f "$state/haproxy.cfg"
}

start_cluster() { # NUMBER-OF-EDGES [NUMBER-OF-HUBS]: sets hub_ports; viewers come to $ws_port, displays to $port
	local i
	edge_ports=() edge_ws_ports=() stats_port=''
	ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
	for i in $(seq "${2:-1}"); do start_hub "$i"; done
	for i in $(seq "$1"); do start_edge "$i"; done
	start_haproxy
}

show_cluster() {
	local i
	echo "HAProxy tells how it goes at http://127.0.0.1:$stats_port/"
	for i in "${!hub_ports[@]}"; do
		echo "Hub$([ ${#hub_ports[@]} = 1 ] || echo " $((i + 1))") on 127.0.0.1:${hub_ports[i]}, process ${cluster_pids[i]}$([ ${#hub_ports[@]} = 1 ] || echo ": kill it, and the edges go to the other")"
	done
	for i in "${!edge_ports[@]}"; do
		echo "Edge $((i + 1)) on 127.0.0.1:${edge_ports[i]}, process ${cluster_pids[i + ${#hub_ports[@]}]}: kill it, and its viewers go to the others"
	done
}
