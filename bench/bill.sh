# Sourced by run.sh: the part `bill`, what the whole recorded game costs by the way it is served. Messages and bytes are computed
# from the recording (economy.c). CPU is measured in the same run and for each server as a sum of three: what holding the viewers
# costs a second, what a delivery costs, what a byte of it costs.

bill_servers=(gateway plugin)
bill_sizes=(160 3500)   # payloads; 2.0.11 writes longer ones over WebSockets in pieces, real ones but the first are shorter
bill_per_s=20000        # deliveries, so that windows of both crowds hold as much

run_bill() {
	local n kind
	rm -f "$results"/bill-*
	"$build/bench/economy" --json schema/crg.json "$game" >"$results/bill.json" || die "$game cannot be played"
	[ "$(jq .ways.feed.messages "$results/bill.json")" -gt 0 ] || die "$game holds no game"
	basename "$game" >"$results/bill.game"
	for n in ${crowds//,/ }; do
		for kind in "${bill_servers[@]}"; do
			say "bill: $n viewers, $kind"
			start_server "$kind"
			measure_bill "$kind" "$n"
			stop_servers
		done
	done
}

# The last run tells nothing: its viewers are held, and join with what the run before has left in the server.
measure_bill() { # KIND VIEWERS
	local bytes rate=$((bill_per_s / $2))
	for bytes in "${bill_sizes[@]}"; do
		measure "bill-$1-$2-$bytes" --viewers "$2" --windows 3 --settle 1000 --bytes "$bytes" --publish $((rate > 0 ? rate : 1))
	done
	measure "bill-$1-$2-idle" --viewers "$2" --windows 2 --settle 1000 --publish 0
}

# {idle_us_per_s, a_us (a delivery), b_us (a byte)}. On the wire: 4 bytes of a WebSocket frame; with MQTT 37 more. A byte that
# seems to cost less than nothing is noise, and costs nothing.
bill_line() { # KIND VIEWERS
	local f=$results/bill-$1-$2
	[ -f "$f-idle.json" ] || return 1
	jq --slurp "$jq_defs"'. as [$idle, $small, $large]
		| ($idle | win(.cpu_us / .seconds)) as $i
		| def us: win((.cpu_us - $i * .seconds) / .deliveries);
		($small | us) as $s | ($large | us) as $l | ([($l - $s) / ($z2 - $z1), 0] | max) as $b
		| {idle_us_per_s: $i, a_us: ($s - $b * ($z1 + $o)), b_us: $b}' \
		--argjson z1 "${bill_sizes[0]}" --argjson z2 "${bill_sizes[1]}" --argjson o "$([ "$1" = plugin ] && echo 41 || echo 4)" \
		"$f-idle.json" "$f-${bill_sizes[0]}.json" "$f-${bill_sizes[1]}.json"
}

bill_crowds() { for f in "$results"/bill-plugin-*-idle.json; do basename "$f" | cut -d- -f3; done | sort -n; }

bill_row() { # WAY KIND VIEWERS NAME CONNECTIONS
	local line
	line=$(bill_line "$2" "$3") || return 0
	q '.seconds as $t | .ways[$way] as $w | ($line.idle_us_per_s * $t + $n * ($line.a_us * $w.messages + $line.b_us * $w.bytes)) as $us
		| "| \($n) | \($name) | \($w.messages) | \($w.messages * $n / 1e6 | fixed(2)) M | \($w.bytes * $n / 1e6 | fixed(0)) MB | \($us / 1e6 | fixed(1)) s | \($us / 1e4 / $t | fixed(1)) % | \($up) |"' \
		--arg way "$1" --argjson line "$line" --argjson n "$3" --arg name "$4" --argjson up "$5" "$results/bill.json"
}

report_bill() {
	local n kind
	heading bill "The game's bill"
	q '"The recorded game (`\($game)`), \(.seconds) s of it, to every viewer from the first second to the last. Messages and bytes"' \
		--arg game "$(cat "$results/bill.game")" "$results/bill.json"
	echo '(WebSocket frames, without TCP) are counted from the recording; CPU is computed with the figures of the second table.'
	echo
	echo '| viewers | served by | messages to each | to all | on the wire | server CPU for the game | of a core | connections to the scoreboard |'
	echo '|---|---|---|---|---|---|---|---|'
	for n in $(bill_crowds); do
		q '"| \($n) | CRG itself | \(.ways.frames.messages) | \(.ways.frames.messages * $n / 1e6 | fixed(2)) M | \(.ways.frames.bytes * $n / 1e6 | fixed(0)) MB | not measured | | \($n) |"' \
			--argjson n "$n" "$results/bill.json"
		bill_row frames gateway "$n" "CRG's frames, Node gateway" 1
		bill_row leaf plugin "$n" 'all leaf topics, Mosquitto + plugin' 1
		bill_row feed plugin "$n" 'the feed, Mosquitto + plugin' 1
	done
	echo
	echo "Measured for it, with payloads of ${bill_sizes[0]} and ${bill_sizes[1]} bytes: CPU = seconds x hold + deliveries x a + bytes x b."
	echo
	echo '| viewers | server | hold, CPU per second | a, per delivery | b, per 1,000 bytes |'
	echo '|---|---|---|---|---|'
	for n in $(bill_crowds); do
		for kind in "${bill_servers[@]}"; do
			bill_line "$kind" "$n" | q '"| \($n) | \($name) | \(.idle_us_per_s / 1000 | fixed(1)) ms | \(.a_us | fixed(2)) us | \(.b_us * 1000 | fixed(2)) us |"' \
				--arg n "$n" --arg name "$(server_name "$kind")"
		done
	done
}
