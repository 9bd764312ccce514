# Sourced by run.sh: starts the servers that are compared, and ends them. After start_server: server_pid; load_options and watched,
# which are options of the load generator. A kind with -packed behind it is the same server, with the packed feed in place of JSON.

server_kinds=(floor stock plugin stock-2.1 plugin-2.1 gateway socketio)
server_pids=()

# Mosquitto 2.1 is not in Debian 12: SB_MOSQUITTO_21 names the binary, as it does for the tests.
can_start() { [[ $1 != *-2.1* || -n ${SB_MOSQUITTO_21:-} ]]; }

broker_of() { # a kind
	case $1 in
	*-2.1*) echo "$SB_MOSQUITTO_21" ;;
	*) echo "$mosquitto" ;;
	esac
}

# What the rows are called in RESULTS.md.
server_name() {
	case $1 in
	*-packed) echo "$(server_name "${1%-packed}"), packed" ;;
	floor) echo 'floor (bare `send()`)' ;;
	stock) echo 'Mosquitto alone' ;;
	plugin) echo 'Mosquitto + plugin' ;;
	stock-2.1) echo 'Mosquitto 2.1 alone' ;;
	plugin-2.1) echo 'Mosquitto 2.1 + plugin' ;;
	gateway) echo 'Node gateway (`ws`)' ;;
	socketio) echo 'Socket.IO' ;;
	esac
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/${*: -1}") 2>/dev/null; } # [127.0.0.1] PORT

free_port() { # NAME: sets the variable NAME; never the same twice in a run
	next_port=${next_port:-$((10000 + RANDOM % 10000))}
	while answers "$next_port"; do next_port=$((next_port + 1)); done
	printf -v "$1" %s "$next_port"
	next_port=$((next_port + 1))
}

url_of() { # ws or mqtt, of the broker that runs
	if [ "$1" = ws ]; then echo "ws://127.0.0.1:$ws_port/mqtt"; else echo "mqtt://127.0.0.1:$port"; fi
}

# conf/'s own files, but no proxy is trusted: the load comes from 127.0.0.0/8, and is to be counted like strangers. And fewer files are
# kept for connections that have not come in, so that 15,000 viewers find seats where a process may open 20,000 files.
# What conf/ has for 2.1 in a comment is in force there.
write_broker_conf() { # a broker's kind
	echo 'bench-password' >"$state/password"
	printf "%s:$(cat "$state/password")\n" publisher operator bridge monitor >"$state/passwd"
	mosquitto_passwd -U "$state/passwd"
	head -c 32 /dev/urandom | base64 >"$state/token.key"
	jq '.trusted_proxies = [] | .passwords = "passwd" | .limits.unconnected = 3000' conf/policy.json >"$state/policy.json"
	local_conf conf/mosquitto.conf scoreboard |
		sed -e "s|^listener 1883|listener $port|" -e "s|^listener 9001|listener $ws_port|" >"$state/mosquitto.conf"
	[[ $1 = plugin* ]] || sed -i '/^plugin/d' "$state/mosquitto.conf"
	[[ $1 != *-2.1 ]] || sed -i -e 's/^#packet_buffer_size/packet_buffer_size/' -e '/^allow_duplicate_messages/d' "$state/mosquitto.conf"
}

start_broker() { # a broker's kind
	free_port port
	free_port ws_port
	write_broker_conf "$1"
	"$(broker_of "$1")" -c "$state/mosquitto.conf" >"$state/$1.log" 2>&1 &
	server_pid=$!
	server_pids+=("$server_pid")
	watched=(--watch "$server_pid")
	load_options=(--url "$(url_of ws)" --publish-url "$(url_of mqtt)" --user publisher --password-file "$state/password")
}

# 37 bytes of an MQTT packet are not payload: fixed header, topic, properties.
floor_pad=37
start_peer() { # floor, gateway or socketio
	local path=/
	ws_port=''
	free_port port
	case $1 in
	floor) "$build/bench/floor" "$port" "$floor_pad" >"$state/$1.log" 2>&1 & ;;
	*) NODE_ENV=production node "bench/peers/$1.mjs" "$port" >"$state/$1.log" 2>&1 & ;;
	esac
	server_pid=$!
	server_pids+=("$server_pid")
	watched=(--watch "$server_pid")
	[ "$1" != socketio ] || path='/socket.io/?EIO=4&transport=websocket'
	load_options=(--url "ws://127.0.0.1:$port$path" --publish-url "ws://127.0.0.1:$port/upstream" --speak plain)
	[ "$1" != socketio ] || load_options+=(--speak socketio)
}

start_server() { # a kind
	case $1 in
	*-packed)
		start_server "${1%-packed}"
		load_options+=(--packed)
		return ;;
	stock* | plugin*) start_broker "$1" ;;
	*) start_peer "$1" ;;
	esac
	for _ in $(seq 100); do
		kill -0 "$server_pid" 2>/dev/null || { tail -n 5 "$state/$1.log" >&2; die "$1 did not start"; }
		answers "$port" && answers "${ws_port:-$port}" && return
		sleep 0.1
	done
	die "$1 does not listen"
}

stop_servers() {
	local pid
	adopt_cluster
	[ ${#server_pids[@]} -gt 0 ] || return 0
	kill -TERM "${server_pids[@]}" 2>/dev/null || true
	for pid in "${server_pids[@]}"; do
		for _ in $(seq 100); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	server_pids=()
}
