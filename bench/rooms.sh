# Sourced by run.sh: the part `rooms`, what a plain viewer's delivery costs at a broker with many rooms, and at one without any.

rooms_count=1000 rooms_members=10

run_rooms() { run_pairs rooms plugin fill_rooms; }

fill_rooms() { # of the server that was started last
	node bench/rooms.mjs "$port" "$state/token.key" "$rooms_count" "$rooms_members" >"$state/rooms.log" 2>&1 &
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
