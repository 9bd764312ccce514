# Sourced by run.sh: the parts `hops` and `polls`, what stands between publisher and viewers costs: a hub for each edge and message, HAProxy
# for each delivery and viewer; and a page that polls. bench/plan calculates with them.

hops_edges=(2 10)
hops_per_s=100
hops_viewers=4000 # HAProxy needs two files for each

run_hops() {
	local n rate
	rm -f "$results"/hops-*
	for n in "${hops_edges[@]}"; do
		say "hops: a hub and $n edges"
		start_crowd_servers "$n"
		watched=(--watch "${cluster_pids[0]}")
		for rate in "$hops_per_s" 0; do # the second one's viewers join with what the first one has left
			measure "hops-hub-$n-$rate" --viewers "$n" --windows 4 --settle 1000 --publish "$rate"
		done
		stop_servers
	done
	say "hops: HAProxy with $hops_viewers viewers"
	start_crowd_servers 2 proxied
	watched=(--watch "${cluster_pids[-1]}")
	measure hops-haproxy --viewers "$hops_viewers" --windows 4 --settle 1000 --publish 4
	stop_servers
}

# What a message to an edge costs is the difference that edges make, so that what the hub does for the publisher is not in it. A delta of the
# load goes with its recent: two messages.
hub_figures() {
	jq --slurp "$jq_defs"'def us: win(.cpu_us / .seconds);
		. as [$few0, $few, $many0, $many] | ($b - $a) as $edges
		| (($many | us) - ($few | us)) as $busy | (($many0 | us) - ($few0 | us)) as $idle
		| {message: (($busy - $idle) / $edges / (2 * $rate)), edge: ($idle / $edges)}' \
		--argjson a "${hops_edges[0]}" --argjson b "${hops_edges[1]}" --argjson rate "$hops_per_s" \
		"$results/hops-hub-${hops_edges[0]}-0.json" "$results/hops-hub-${hops_edges[0]}-$hops_per_s.json" \
		"$results/hops-hub-${hops_edges[1]}-0.json" "$results/hops-hub-${hops_edges[1]}-$hops_per_s.json"
}

report_hops() {
	heading hops 'What stands between publisher and viewers'
	echo "The hub with ${hops_edges[0]} and with ${hops_edges[1]} edges, silent and with $hops_per_s deltas a second, each with its recent; what differs is the edges'. HAProxy"
	echo "with $hops_viewers viewers and 2 edges. CPU of the one process, medians over windows."
	echo
	echo '| what | value |'
	echo '|---|---|'
	hub_figures | q '"| hub: a message to an edge | \(.message | fixed(2)) us |\n| hub: an edge, in a second | \(.edge | fixed(0)) us |"'
	q '"| HAProxy: a delivery | \(win(.cpu_us_per_delivery) | fixed(2)) us |\n| HAProxy: memory of a viewer | \(.arms[0].kb_per_viewer | fixed(2)) kB |"' "$results/hops-haproxy.json"
}

# --- polling ---

polls_per_s=1000

# conf/nginx.conf on our port; sets nginx_pid.
start_nginx() { # PORT PUBLISHER-PORT
	mkdir -p "$state/nginx"
	sed -e "s|listen 80 |listen 127.0.0.1:$1 |" -e "s|127.0.0.1:8080|127.0.0.1:$2|" -e "s|/run/scoreboard-nginx.pid|$state/nginx/pid|" \
		-e "s|/var/lib/nginx|$state/nginx|" -e "s|/var/cache/nginx|$state/nginx|" \
		-e "s|^worker_processes.*|worker_processes 1; daemon off; user $(id -un);|" conf/nginx.conf >"$state/nginx.conf"
	/usr/sbin/nginx -c "$state/nginx.conf" >"$state/nginx.log" 2>&1 &
	nginx_pid=$!
	server_pids+=("$nginx_pid")
}

wait_for() { # PORT
	for _ in $(seq 100); do answers "$1" && return; sleep 0.1; done
	die "nothing listens on $1"
}

run_polls() {
	local http front kind pids pid
	rm -f "$results"/polls-*
	[ -x /usr/sbin/nginx ] || die "polls: nginx is not installed"
	free_port http
	free_port front
	"$build/publisher/scoreboard-publisher" --source file:tests/fixtures/game.jsonl --speed 1 --broker none --schema schema/crg.json \
		--http "127.0.0.1:$http" >"$state/publisher.log" 2>&1 &
	pid=$!
	server_pids+=("$pid")
	start_nginx "$front" "$http"
	wait_for "$http"
	wait_for "$front"
	sleep 3
	pids=$(cat "/proc/$nginx_pid/task/$nginx_pid/children")
	described_when >"$results/polls-all.when"
	for kind in news same; do
		say "polls: $kind"
		# shellcheck disable=SC2086 # a list of numbers
		node bench/polls.mjs "http://127.0.0.1:$front/scoreboard/spectator.json" "$polls_per_s" "$seconds" "$kind" $pids >"$results/polls-nginx-$kind.json"
		node bench/polls.mjs "http://127.0.0.1:$http/scoreboard/spectator.json" "$polls_per_s" "$seconds" "$kind" "$pid" >"$results/polls-publisher-$kind.json"
	done
	stop_servers
}

report_polls() {
	local server kind
	heading polls 'Pages that poll'
	echo "$polls_per_s polls a second of \`/scoreboard/spectator.json\`, over 100 kept connections, of the recorded game as it goes: each answer whole, as one with"
	echo 'news is, and compressed; or 304, as most are while nothing is new. By conf/nginx.conf, from its cache, and of the publisher itself.'
	echo
	echo '| what | value |'
	echo '|---|---|'
	for server in nginx publisher; do
		for kind in news same; do
			q '"| \($server): a poll, \($kind) | \(.us | fixed(1)) us |"' --arg server "$server" \
				--arg kind "$([ "$kind" = news ] && echo 'with news' || echo 'nothing new')" "$results/polls-$server-$kind.json"
		done
	done
	q '"| an answer with news, compressed, with its header | \(.wholeBytes | fixed(0)) bytes |"' "$results/polls-nginx-news.json"
	q '"| an answer 304 | \(.sameBytes | fixed(0)) bytes |"' "$results/polls-nginx-same.json"
}
