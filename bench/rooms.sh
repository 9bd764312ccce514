# Sourced by run.sh: the part `rooms`, what a plain viewer's delivery costs at a broker with many rooms, and at one without any.

rooms_count=1000 rooms_members=10

run_rooms() {
	local round empty empty_pid kind
	rm -f "$results"/rooms-*
	for round in $(seq "$rounds"); do
		for kind in plugin plugin-2.1; do
			can_start "$kind" || continue
			say "rooms: round $round of $rounds, two brokers with $viewers viewers each, one with $rooms_count rooms, $kind"
			start_server "$kind"
			empty=("${load_options[@]}")
			empty_pid=$server_pid
			start_server "$kind"
			fill_rooms "$port"
			load_options+=("${empty[@]}" --alternate)
			watched+=(--watch "$empty_pid")
			measure "rooms-$round-$kind" --viewers $((2 * viewers)) --windows 12 --settle 1000
			stop_servers
		done
	done
}

fill_rooms() { # PORT
	node bench/rooms.mjs "$1" "$state/token.key" "$rooms_count" "$rooms_members" >"$state/rooms.log" 2>&1 &
	server_pids+=("$!")
	for _ in $(seq 600); do
		grep -q ready "$state/rooms.log" && return
		kill -0 "$!" 2>/dev/null || break
		sleep 0.1
	done
	die "the rooms could not be filled; see $state/rooms.log"
}

report_rooms() {
	local kind
	heading rooms 'With and without rooms'
	echo "Two brokers at once, each with its own viewers, who are in no room; at one of them $rooms_count rooms have $rooms_members members each ($((rooms_count * rooms_members / 20)) clients"
	echo 'in 20 rooms). Windows take turns. Two neighbours are a pair.'
	for kind in plugin plugin-2.1; do
		[ ! -f "$results/rooms-1-$kind.json" ] || report_pairs rooms "$kind" 'no rooms' 'with rooms'
	done
	hint_21 rooms
}
