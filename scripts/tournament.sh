# Sourced by ./run --tournament: builds examples/tournament with the library as others get it, and starts its scoreboard and its server.
# Needs scripts/install.sh, say(), die(), answers(), $build, $install; to start also $state, $speed, $listen, $here, $ws_port, $app_port.

app=examples/tournament
scoreboard_pid='' app_pid=''

need_node() {
	command -v npm >/dev/null || [ "$install" = no ] || install_packages nodejs npm
	command -v npm >/dev/null || die "npm is missing: leave out --no-install"
}

# The library's package and the app's own packages, anew when one of them has changed.
fetch_app() {
	local stamp=$app/node_modules/.installed now
	npm pack ./web/client --ignore-scripts --silent --pack-destination "$app" >"$build/pack.name" || die "npm pack of web/client failed"
	mv "$app/$(tail -n 1 "$build/pack.name")" "$app/scoreboard-client.tgz"
	now=$(cat "$app/scoreboard-client.tgz" "$app/package-lock.json" | sha256sum)
	[ "$now" != "$(cat "$stamp" 2>/dev/null)" ] || return 0
	[ "$install" = yes ] || [ ! -d "$app/node_modules" ] || { say "Not installed anew: the JavaScript packages of $app"; return 0; }
	[ "$install" = yes ] || die "the JavaScript packages of $app are missing: leave out --no-install"
	say "Fetching the JavaScript packages of $app"
	(cd "$app" && npm ci --silent --no-audit --no-fund) || die "npm ci in $app failed"
	echo "$now" >"$stamp"
}

build_app() {
	need_node
	fetch_app
	(cd "$app" && npm run build) >"$build/app.log" 2>&1 || { tail -n 20 "$build/app.log" | cut -c1-200 >&2; die "the app's build failed"; }
}

# Its frames are read from file descriptor 8.
start_scoreboard() {
	exec 8< <(exec node "$app/scoreboard.mjs" --speed "$speed")
	scoreboard_pid=$!
}

start_app() {
	head -c 8 /dev/urandom | od -An -tx2 | tr ' ' '-' | cut -c2- >"$state/referees.passphrase"
	node "$app/server.mjs" --listen "$listen" --port "$app_port" --ws-port "$ws_port" --key "$state/token.key" --policy "$state/policy.json" \
		--passphrase-file "$state/referees.passphrase" >"$state/app.log" 2>&1 &
	app_pid=$!
	for _ in $(seq 50); do
		answers "$here" "$app_port" && return
		kill -0 "$app_pid" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 5 "$state/app.log" >&2
	die "the app's server did not start"
}

stop_tournament() {
	local pid
	for pid in $app_pid $scoreboard_pid; do
		kill -TERM "$pid" 2>/dev/null && wait "$pid" || true
	done
}

show_tournament() { # ADDRESS PORT
	say "Open"
	echo "  http://$1:$app_port/    (anybody, by any name; from two browsers, or a window of each kind)"
	echo "  The referees' passphrase is $(cat "$state/referees.passphrase")"
	echo
	say "Try"
	echo "  $build/mosquitto-plugin/scoreboard-ctl -p $2 --password-file ${state#"$PWD/"}/operator.password notice 'Court 2 is wet' --for 10m"
	echo "  $build/mosquitto-plugin/scoreboard-ctl -p $2 --password-file ${state#"$PWD/"}/operator.password who tournament:harbour-cup"
	echo "  mosquitto_sub -h $1 -p $2 -t 'scoreboard/points/#' -v"
}
