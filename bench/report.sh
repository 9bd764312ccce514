# Sourced by run.sh: RESULTS.md from the results of the parts that have been run.

# For jq: the median of what windows and rounds gave.
jq_defs='
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length/2|floor] else (.[length/2-1] + .[length/2]) / 2 end;
def win(f): [.windows[] | f] | median;
def fixed(n): if . == null then "" else (. * pow(10; n) | round) as $r | ($r | fabs) as $a | (if $r < 0 then "-" else "" end)
	+ (($a / pow(10; n)) | floor | tostring)
	+ (if n == 0 then "" else "." + ("0000000" + (($a % pow(10; n)) | tostring))[-n:] end) end;
def faults: .counts | .gaps + .repeated + .backward + .lost + (.unread // 0);
def undelivered: [.windows[] | .published * .viewers - .deliveries] | add;
def starts: {viewers: .[0].viewers, in_sync: ([.[].in_sync] | min), connect_all_s: ([.[].connect_all_s] | median),
	kb_per_viewer: ([.[].arms[0].kb_per_viewer] | median), windows: [.[].windows[]], bad: ([.[] | faults + undelivered] | add)};
'
q() { jq -r "$jq_defs$1" "${@:2}"; }

described_when() { echo "$(date -u +'%Y-%m-%d') UTC, commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"; }

describe_machine() {
	echo "- $(nproc) cores ($(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1)), $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo) of memory; the load generator runs on the same cores"
	echo "- $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r), $(mosquitto -h 2>/dev/null | head -1)$([ -z "${SB_MOSQUITTO_21:-}" ] || "$SB_MOSQUITTO_21" -h 2>/dev/null | sed -n '1s/^mosquitto version/ and/p'), Node $(node --version)"
	echo "- load average before: $(cut -d' ' -f1-3 /proc/loadavg)"
}
describe_load() { echo "- load average after: $(cut -d' ' -f1-3 /proc/loadavg)"; }

heading() { # PART TITLE
	printf '\n## %s\n\n' "$2"
	printf '    bench/run.sh %s\n\n' "$1"
	cat "$results/$1.machine"
	list_runs "$1"
	[ ! -f "$results/$1.note" ] || cat "$results/$1.note" # what somebody has to say about these results
	echo
}

# Parts may have been measured bit by bit: which rows come from which commit.
list_runs() { # PART
	local f
	for f in "$results/$1"-*.when; do
		printf '%s\t%s\n' "$(cat "$f")" "$(basename "$f" .when)"
	done | sort | awk -F '\t' '{ n += !($1 in runs); runs[$1] = runs[$1] " " $2 }
		END { for (w in runs) print "- measured " w (n > 1 ? ":" runs[w] : "") }' | sort
}

# In a pair of windows arm 0 is the plugin's broker, arm 1 the one without.
report_ratio() {
	local kind
	heading ratio 'With and without the plugin'
	echo 'Two brokers at once, each with its own viewers; windows take turns: with, without, without, with. Two neighbours are a pair.'
	for kind in plugin plugin-2.1; do
		[ ! -f "$results/ratio-1-$kind.json" ] || report_pairs ratio "$kind" alone 'with the plugin'
	done
	hint_21 ratio
}

# Of two brokers whose windows took turns: arm 1 is without, arm 0 with what is measured.
report_pairs() { # PART KIND WITHOUT WITH
	local f
	echo
	echo "| $(server_name "$2"): round, pair | viewers each | $3: CPU per delivery | $4 | ratio | $3: p99 | $4 |"
	echo '|---|---|---|---|---|---|---|'
	for f in "$results/$1"-*-"$2".json; do
		q '.windows | [range(0; length; 2) as $i | {n: ($i / 2 + 1), w: (.[$i:$i + 2] | sort_by(.arm))}][]
		| "| \($round), \(.n) | \(.w[0].viewers) | \(.w[1].cpu_us_per_delivery | fixed(2)) us | \(.w[0].cpu_us_per_delivery | fixed(2)) us | \(.w[0].cpu_us_per_delivery / .w[1].cpu_us_per_delivery | fixed(3)) | \(.w[1].latency_ms.p99 | fixed(0)) ms | \(.w[0].latency_ms.p99 | fixed(0)) ms |"' \
			--arg round "$(basename "$f" .json | cut -d- -f2)" "$f"
	done
	echo
	q '[.[].windows | range(0; length; 2) as $i | .[$i:$i + 2] | sort_by(.arm) | .[0].cpu_us_per_delivery / .[1].cpu_us_per_delivery] as $r
	| "**Median of the ratios: \($r | median | fixed(3))** (goal: at most 1.05; all from \($r | min | fixed(3)) to \($r | max | fixed(3))). Memory per viewer: \([.[].arms[1].kb_per_viewer] | median | fixed(2)) kB \($without), \([.[].arms[0].kb_per_viewer] | median | fixed(2)) kB \($with). Feed faults: \([.[] | faults + undelivered] | add)."' \
		--arg without "$3" --arg with "$4" --slurp "$results/$1"-*-"$2".json
}

hint_21() { # PART
	ls "$results/$1"-*-2.1.json >/dev/null 2>&1 ||
		printf '\nRows of Mosquitto 2.1: `SB_MOSQUITTO_21=/path/to/mosquitto bench/run.sh %s`.\n' "$1"
}

report_flood() {
	local run kind transport n
	heading flood 'A flood of bad logins'
	echo 'Windows take turns: quiet, flood, quiet, flood; medians. A bad login is a connect with the publisher'"'"'s name and a guessed'
	echo 'password, from 20 addresses; with the plugin all are refused. The broker alone lets them in: it shows what connecting'
	echo 'itself costs.'
	echo
	echo '| viewers | server | flood over | logins per second | let in | p99 quiet | p99 in the flood | ratio | max quiet | max in the flood | feed faults |'
	echo '|---|---|---|---|---|---|---|---|---|---|---|'
	for run in $all_floods; do
		IFS=- read -r kind transport n <<<"$run"
		[ -f "$results/flood-$run.json" ] || continue
		q '[.windows[] | select(.flood)] as $f | [.windows[] | select(.flood | not)] as $q
		| ([$f[].latency_ms.p99] | median) as $fp | ([$q[].latency_ms.p99] | median) as $qp
		| "| \(.viewers) | \($name) | \($t) | \([$f[] | .flood_dialled / .seconds] | median | fixed(0)) | \(.flood_counts.synced) | \($qp | fixed(1)) ms | \($fp | fixed(1)) ms | \($fp / $qp | fixed(2)) | \([$q[].latency_ms.max] | max | fixed(1)) ms | \([$f[].latency_ms.max] | max | fixed(1)) ms | \(faults + undelivered) |"' \
			--arg t "$([ "$transport" = ws ] && echo WebSocket || echo TCP)" --arg name "$(server_name "$kind")" "$results/flood-$run.json"
	done
	echo
	echo 'Goal: at most 2. Over WebSocket, libwebsockets 4.1 inside Mosquitto 2.0.11 keeps timers in one sorted list, and each new'
	echo 'connection walks past those of all viewers (`perf`: `lws_dll2_add_sorted`), with the plugin or without. With many viewers,'
	echo 'limit connects in front of the broker.'
}

report_table() {
	local n kind
	heading table 'Servers beside the floor'
	echo 'Connects are asked for at 2,000 per second. The same server started again was seen to differ by a quarter in CPU per delivery: so each'
	echo 'was started several times, in turns with the others, with one window each time. Medians over the starts; max is the largest of all.'
	echo 'Goals: CPU at most 1.50 times the floor on 2.0.11 and 1.35 on 2.1; memory at most 6.5 kB and 2.5 kB.'
	echo
	echo '| viewers | server | starts | all in sync after | memory per viewer | CPU per delivery | to the floor | p50 | p99 | p99 to the floor | max | feed faults |'
	echo '|---|---|---|---|---|---|---|---|---|---|---|---|'
	for n in $(table_sizes); do
		for kind in "${server_kinds[@]}"; do
			[ ! -f "$results/table-$n-1-$kind.json" ] || table_row "$n" "$kind"
		done
	done
	hint_21 table
	plot_table
	echo
	echo '![latency](plots/latency.svg) ![CPU](plots/cpu.svg)'
}

table_row() { # VIEWERS KIND
	q '($floor | starts) as $floor | starts | "| \(.viewers) | \($name) | \(.windows | length) | \(if .in_sync < .viewers then "only \(.in_sync)" else "\(.connect_all_s | fixed(2)) s" end) | \(.kb_per_viewer | fixed(2)) kB | \(win(.cpu_us_per_delivery) | fixed(2)) us | \(win(.cpu_us_per_delivery) / ($floor | win(.cpu_us_per_delivery)) | fixed(2)) | \(win(.latency_ms.p50) | fixed(1)) ms | \(win(.latency_ms.p99) | fixed(1)) ms | \(win(.latency_ms.p99) / ($floor | win(.latency_ms.p99)) | fixed(2)) | \([.windows[].latency_ms.max] | max | fixed(1)) ms | \(.bad) |"' \
		--arg name "$(server_name "$2")" --slurp --argjson floor "$(jq --slurp . "$results/table-$1"-*-floor.json)" "$results/table-$1"-*-"$2".json
}

table_sizes() { for f in "$results"/table-*-1-floor.json; do basename "$f" | cut -d- -f2; done | sort -n; }

plot_table() {
	local kind n
	mkdir -p bench/plots
	for kind in $(plotted_kinds); do
		for n in $(table_sizes); do
			[ ! -f "$results/table-$n-1-$kind.json" ] ||
				q 'starts | "\(.viewers) \(win(.latency_ms.p99)) \(win(.cpu_us_per_delivery))"' --slurp "$results/table-$n"-*-"$kind".json
		done >"$results/plot-$kind.dat"
	done
	gnuplot <<-TEXT
		set terminal svg size 640,420 dynamic background rgb 'white'
		set key top left; set grid; set logscale x; set xlabel 'viewers'
		set xtics (200, 1000, 5000, 10000, 15000)
		set output 'bench/plots/latency.svg'; set logscale y; set ylabel 'p99 from publish to read, ms'
		plot $(plot_lines 2)
		set output 'bench/plots/cpu.svg'; unset logscale y; set yrange [0:*]; set ylabel 'server CPU per delivery, us'
		plot $(plot_lines 3)
	TEXT
}

plotted_kinds() {
	local kind
	for kind in "${server_kinds[@]}"; do
		! ls "$results"/table-*-1-"$kind".json >/dev/null 2>&1 || echo "$kind"
	done
}

plot_lines() { # COLUMN
	local kind lines=()
	for kind in $(plotted_kinds); do
		lines+=("'$results/plot-$kind.dat' using 1:$1 with linespoints linewidth 2 title '$(server_name "$kind" | tr -d '`')'")
	done
	local IFS=,
	echo "${lines[*]}"
}

report_pings() {
	local keepalive
	heading pings 'What a keepalive costs'
	echo 'Whatever wakes Mosquitto 2.0.11 makes libwebsockets poll the sockets of all viewers (`perf`: `sock_poll`), and each ping wakes it.'
	echo
	echo '| viewers | keepalive | CPU per delivery, pings included | p99 |'
	echo '|---|---|---|---|'
	for keepalive in 60 300 3600; do
		q '"| \(.viewers) | \($k) s | \(win(.cpu_us_per_delivery) | fixed(2)) us | \(win(.latency_ms.p99) | fixed(1)) ms |"' \
			--arg k "$keepalive" "$results/pings-$keepalive.json"
	done
}

report_stall() {
	local load
	heading stall 'A stalled crowd'
	echo "$stall_viewers viewers. From the second window on $stall_count of them read no more, but ping; the plugin lets go of them after"
	echo "$(stalled_s) seconds (\`limits.stalled_s\`). Latencies are those of the others, who before that share the way with all; medians over windows."
	echo 'The bound is that of docs/scaling.md; much of what waits is held by the kernel and not in it. Goal: p99 at most 1.2 times as before.'
	echo 'Mosquitto 2.0.11 writes a message above 4 kB over WebSockets in pieces, one for each turn of its loop, and with nothing else to do a turn takes 100 ms:'
	echo 'that is what 16,000 bytes show, more so with few viewers than with many. Real deltas have 480 bytes (part `bill`).'
	echo
	echo '| deltas | server | | windows | p50 | p99 | p99 to before | max | memory of the server, most | bound | let go |'
	echo '|---|---|---|---|---|---|---|---|---|---|---|'
	for load in "${stall_loads[@]}"; do
		stall_rows "${load% *}" "${load#* }"
	done
}

stalled_s() { jq '.limits.stalled_s // 30' conf/policy.json; }

# 113 bytes: what one message to a viewer takes in Mosquitto beside its payload.
stall_rows() { # PER_S BYTES
	local kind
	for kind in plugin gateway; do
		[ -f "$results/stall-$kind-$2.json" ] || continue
		q '.counts.cut as $cut | ([.windows[] | select(.stall | not)] | {windows: .}) as $before | ([.windows[] | select(.stall)] | {windows: .}) as $after
		| ($before.windows[0].rss_kb / 1000 + $stalled * $s * $per_s * ($bytes + 113) / 1e6) as $bound
		| ([$before, "before", $before.windows[0].rss_kb, "", 0], [$after, "stalled", .arms[0].rss_peak_kb, (if $kind == "plugin" then "\($bound | fixed(0)) MB" else "none" end), $cut])
		| . as [$w, $when, $kb, $most, $gone] | $w
		| "| \($per_s)/s, \($bytes) bytes | \($name) | \($when) | \(.windows | length) | \(win(.latency_ms.p50) | fixed(1)) ms | \(win(.latency_ms.p99) | fixed(1)) ms | \(win(.latency_ms.p99) / ($before | win(.latency_ms.p99)) | fixed(2)) | \([.windows[].latency_ms.max] | max | fixed(1)) ms | \($kb / 1000 | fixed(0)) MB | \($most) | \($gone) |"' \
			--arg kind "$kind" --arg name "$(server_name "$kind")" --argjson per_s "$1" --argjson bytes "$2" \
			--argjson stalled "$stall_count" --argjson s "$(stalled_s)" "$results/stall-$kind-$2.json"
	done
}

write_report() {
	local part
	{
		echo '# What a crowd costs'
		echo
		echo 'Written by `bench/run.sh`; [README.md](README.md) says what each number means. Servers that are compared were'
		echo 'measured side by side in one run. Machines differ: repeat it on yours.'
		for part in ratio rooms flood table encodings pings stall bill storm scale hops polls; do
			[ ! -f "$results/$part.machine" ] || "report_$part"
		done
	} >"$results/RESULTS.md"
	cp "$results/RESULTS.md" bench/RESULTS.md
	chmod 644 bench/RESULTS.md
	[ ! -d bench/plots ] || chmod -R a+rX bench/plots
}
