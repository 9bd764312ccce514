# Sourced by run.sh: the part `encodings`, what the same game costs by what is sent of it: the packed feed and JSON from a broker, CRG's own
# frames from gateway and Socket.IO. CPU and latency are measured with messages as large as each of them sends; how many messages and bytes
# a viewer gets of a game is counted from the recording (economy.c).

encoding_kinds=(plugin plugin-packed plugin-2.1 plugin-2.1-packed floor gateway socketio)

# Socket.IO writes 42["delta",...] around each.
socketio_bytes=12

# The median size of CRG's frames in the recording, of what economy.c counts: the whole current game. Their mean is no frame that anybody
# sends: few are long, among them the first.
frame_bytes() { # RECORDING
	gzip -cdf "$1" | jq '.frame.state? // empty | with_entries(select(.key | startswith("ScoreBoard.CurrentGame.")))
		| select(length > 0) | {state: .} | tojson | utf8bytelength' | jq --slurp "$jq_defs median | floor"
}

# 32 bytes of the MQTT packet of a packed delta are not payload. The floor sends as much as the broker did just before.
packed_packet_bytes() { jq '.payloads.delta + 32 | ceil' "$1"; }

run_encodings() {
	local n start kind
	rm -f "$results"/encodings-*
	"$build/bench/economy" --json schema/crg.json "$game" >"$results/encodings.played" || die "$game cannot be played"
	jq --arg name "$(basename "$game")" '. + {name: $name}' "$results/encodings.played" >"$results/encodings.game"
	for n in ${encoding_sizes//,/ }; do
		for start in $(seq "$starts"); do
			for kind in "${encoding_kinds[@]}"; do
				can_start "$kind" || continue
				say "encodings: $n viewers, start $start of $starts, $kind"
				measure_encoding "$n" "$start" "$kind"
			done
		done
	done
}

measure_encoding() { # VIEWERS START KIND
	local name=encodings-$1-$2
	local floor_pad=0 bytes=()
	start_server "$3"
	case $3 in
	floor) bytes=(--bytes "$(packed_packet_bytes "$results/$name-plugin-packed.json")") ;;
	gateway | socketio) bytes=(--bytes "$(frame_bytes "$game")") ;;
	esac
	measure "$name-$3" --viewers "$1" --windows 1 --settle 1000 --snapshot-bytes "$snapshot" "${bytes[@]}"
	stop_servers
}

# Which of economy's ways a server serves the game in, and what it is called.
way_of() { # KIND
	case $1 in
	*-packed | floor) echo packed ;;
	gateway | socketio) echo frames ;;
	*) echo feed ;;
	esac
}

sent_name() { # KIND
	case $1 in
	*-packed) echo 'packed feed' ;;
	floor) echo "a packed delta's packet" ;;
	gateway | socketio) echo "CRG's frames" ;;
	*) echo 'feed as JSON' ;;
	esac
}

report_encodings() {
	local n kind
	heading encodings 'By what is sent: packed, JSON, frames'
	echo 'Each server sends messages of the size that it would send, two a second, as in the table above, so that a delivery can be compared. A'
	q '"game has more frames than deltas: messages, bytes (all after TCP, joining included) and CPU of one viewer and game are for `\(.name)`."' \
		"$results/encodings.game"
	echo 'CPU is what a delivery costs, times messages. Medians over the starts; max is the largest of all.'
	echo
	echo '| viewers | server | sends | payload | all in sync after | memory per viewer | CPU per delivery | to the floor | p50 | p99 | max | per game: messages | bytes | CPU | feed faults |'
	echo '|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|'
	for n in $(encoding_sizes_run); do
		for kind in "${encoding_kinds[@]}"; do
			[ ! -f "$results/encodings-$n-1-$kind.json" ] || encoding_row "$n" "$kind"
		done
	done
}

encoding_sizes_run() { for f in "$results"/encodings-*-1-floor.json; do basename "$f" | cut -d- -f2; done | sort -n; }

encoding_row() { # VIEWERS KIND
	local more=0
	[ "$2" != socketio ] || more=$socketio_bytes
	q '($floor | starts) as $floor | .[0].payloads.delta as $payload | starts | win(.cpu_us_per_delivery) as $us
		| ($game[0].ways[$way] | .bytes += $more * .messages) as $w
		| "| \(.viewers) | \($name) | \($sends) | \($payload | fixed(0)) bytes | \(if .in_sync < .viewers then "only \(.in_sync)" else "\(.connect_all_s | fixed(2)) s" end) | \(.kb_per_viewer | fixed(2)) kB | \($us | fixed(2)) us | \($us / ($floor | win(.cpu_us_per_delivery)) | fixed(2)) | \(win(.latency_ms.p50) | fixed(1)) ms | \(win(.latency_ms.p99) | fixed(1)) ms | \([.windows[].latency_ms.max] | max | fixed(1)) ms | \($w.messages) | \($w.bytes / 1000 | fixed(1)) kB | \($us * $w.messages / 1000 | fixed(2)) ms | \(.bad) |"' \
		--arg name "$(server_name "${2%-packed}")" --arg sends "$(sent_name "$2")" --arg way "$(way_of "$2")" --argjson more "$more" \
		--slurpfile game "$results/encodings.game" --argjson floor "$(jq --slurp . "$results/encodings-$1"-*-floor.json)" \
		--slurp "$results/encodings-$1-"[0-9]*"-$2.json"
}
