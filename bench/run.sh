#!/usr/bin/env bash
# bench/run.sh - measures on this machine what a crowd costs, and writes bench/RESULTS.md. See bench/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'bench/run.sh: %s\n' "$*" >&2; exit 1; }

usage() {
	cat <<'TEXT'
usage: bench/run.sh [options] [PART...]

Parts, all by default:
  ratio    the broker with and without the plugin, taking turns
  rooms    viewers at a broker with 1,000 rooms, and at one without, taking turns
  flood    2,000 bad logins a second while viewers watch
  table    every server at every number of viewers, beside the floor
  encodings  the packed feed beside JSON, the floor, and CRG's frames from gateway and Socket.IO
  pings    what the viewers' keepalive costs the broker
  stall    1,000 viewers that stop reading
  bill     what the recorded game costs by the way it is served
  storm    all viewers lose their broker, an edge or HAProxy at once, and come back
  scale    one crowd over a hub and three edges
  hops     what a hub costs for each edge, and HAProxy for each viewer
  polls    what a page costs that polls, with nginx before the publisher and without

  --sizes LIST     of table      (200,1000,5000,10000,15000)
  --floods LIST    of flood: SERVER-TRANSPORT-VIEWERS, in words
                   (plugin-mqtt-1000 plugin-ws-1000 plugin-mqtt-10000 plugin-ws-10000 stock-mqtt-10000 stock-ws-10000)
  --viewers N      of ratio and rooms (10000)
  --rounds N       of ratio and rooms (2)
  --encoding-sizes LIST  of encodings (10000,15000)
  --starts N       of table and encodings: how often each server is started at each size (3)
  --crowds LIST    of bill       (1000,10000)
  --game FILE      of bill and encodings: a recording (tests/fixtures/game.jsonl)
  --storm-viewers N  of storm    (10000)
  --storm-kinds LIST  of storm, in words
                   (stock plugin plugin-packed plugin-2.1 plugin-2.1-packed edge haproxy)
  --snapshot N     of storm and encodings: bytes of the snapshot that viewers join with, as JSON (10000)
  --scale N        of scale      (50000)
  --seconds N      each measured window lasts (6)
  --build-dir DIR  (build/bench)
  --no-install     do not look for missing packages
  -h, --help       this text

Environment: SB_MOSQUITTO_21=FILE, a broker 2.1, gives ratio, rooms, table, encodings and storm its rows.

Each part replaces its own results; RESULTS.md is then written anew from all that are there.
TEXT
}

sizes=200,1000,5000,10000,15000 viewers=10000 rounds=2 starts=3 seconds=6 build=build/bench install=yes parts=()
storm_viewers=10000 scale=50000 encoding_sizes=10000,15000 snapshot=10000
all_storm_kinds='stock plugin plugin-packed plugin-2.1 plugin-2.1-packed edge edge-packed haproxy haproxy-packed'
storm_kinds='stock plugin plugin-packed plugin-2.1 plugin-2.1-packed edge haproxy'
all_floods='plugin-mqtt-1000 plugin-ws-1000 plugin-mqtt-10000 plugin-ws-10000 stock-mqtt-10000 stock-ws-10000'
floods=$all_floods
crowds=1000,10000 game=tests/fixtures/game.jsonl
stall_viewers=1200 stall_count=1000 stall_loads=('10 1500' '4 16000') # deltas a second, bytes
while [ $# -gt 0 ]; do
	case $1 in
	--sizes | --floods | --viewers | --rounds | --starts | --seconds | --crowds | --game | --storm-viewers | --storm-kinds | \
		--snapshot | --encoding-sizes | --scale | --build-dir)
		[ $# -ge 2 ] || die "$1 needs a value"
		name=${1#--}
		[ "$name" = build-dir ] && name=build
		name=${name//-/_}
		printf -v "$name" %s "$2"
		shift ;;
	--no-install) install=no ;;
	-h | --help) usage; exit 0 ;;
	ratio | rooms | flood | table | encodings | pings | stall | bill | storm | scale | hops | polls) parts+=("$1") ;;
	*) die "unknown: $1; --help tells more" ;;
	esac
	shift
done
[ ${#parts[@]} -gt 0 ] || parts=(ratio rooms flood table encodings pings stall bill storm scale hops polls)

. scripts/install.sh
if [ "$install" = yes ]; then
	install_groups build broker cluster bench
	install_npm bench/peers
fi
mkdir -p "$build/results"
{ cmake -S . -B "$build" -DBUILD_TESTING=OFF &&
	cmake --build "$build" -j "$(nproc)" --target scoreboard-loadgen floor economy mosquitto_scoreboard scoreboard-publisher; } >"$build/bench.log" 2>&1 ||
	{ tail -n 20 "$build/bench.log" >&2; die "the build failed; its log is $build/bench.log"; }
build=$(cd "$build" && pwd)
results=$build/results state=$build/state
umask 077
mkdir -p "$state"
# shellcheck source=scripts/broker.sh
. scripts/broker.sh
# shellcheck source=bench/servers.sh
. bench/servers.sh
# shellcheck source=bench/report.sh
. bench/report.sh
# shellcheck source=bench/rooms.sh
. bench/rooms.sh
# shellcheck source=bench/bill.sh
. bench/bill.sh
# shellcheck source=bench/encodings.sh
. bench/encodings.sh
# shellcheck source=bench/cluster.sh
. bench/cluster.sh
# shellcheck source=bench/report_cluster.sh
. bench/report_cluster.sh
# shellcheck source=bench/hops.sh
. bench/hops.sh
trap stop_servers EXIT
trap 'exit 130' INT TERM

# One run against the running server; its result is $results/NAME.json. Every viewer must have got everything, or it is said.
measure() { # NAME OPTION...
	local name=$1 code=0
	shift
	described_when >"$results/$name.when"
	"$build/bench/loadgen/scoreboard-loadgen" "${load_options[@]}" "${watched[@]}" --json "$results/$name.json" \
		--seconds "$seconds" "$@" >"$results/$name.txt" || code=$?
	case $code in
	0) ;;
	1) say "  $name: not everything arrived as it should; see $results/$name.txt" ;;
	*) die "$name could not be measured" ;;
	esac
}

# Both brokers at once, each with its own viewers; windows take turns between them. WITHOUT is put in place of `plugin` in the kind of the
# other broker; AND_THEN, a command or nothing, is run when the broker that is measured has started.
run_pairs() { # PART WITHOUT AND_THEN...
	local part=$1 without=$2 round other other_pid kind
	shift 2
	rm -f "$results/$part"-*
	for round in $(seq "$rounds"); do
		for kind in plugin plugin-2.1; do
			can_start "$kind" || continue
			say "$part: round $round of $rounds, two brokers with $viewers viewers each, $kind"
			start_server "${kind/plugin/$without}"
			other=("${load_options[@]}")
			other_pid=$server_pid
			start_server "$kind"
			"$@"
			load_options+=("${other[@]}" --alternate)
			watched+=(--watch "$other_pid")
			measure "$part-$round-$kind" --viewers $((2 * viewers)) --windows 12 --settle 1000
			stop_servers
		done
	done
}

run_ratio() { run_pairs ratio stock; }

# The broker without the plugin lets them all in: it is here to tell what connecting itself costs.
run_flood() {
	local run kind transport n
	for run in $floods; do
		IFS=- read -r kind transport n <<<"$run"
		say "flood: over $transport, $n viewers, $kind"
		start_server "$kind"
		measure "flood-$run" --viewers "$n" --windows 6 --flood 2000 --flood-url "$(url_of "$transport")"
		stop_servers
	done
}

# A server that is started again may be a quarter faster or slower for as long as it lives. So each is started several times, in
# turns with the others, and has one window.
run_table() {
	local n start kind
	for n in ${sizes//,/ }; do
		rm -f "$results/table-$n-"*
		for start in $(seq "$starts"); do
			for kind in "${server_kinds[@]}"; do
				can_start "$kind" || continue
				say "table: $n viewers, start $start of $starts, $kind"
				start_server "$kind"
				measure "table-$n-$start-$kind" --viewers "$n" --windows 1 --settle 1000
				stop_servers
			done
		done
	done
}

run_pings() {
	local keepalive
	rm -f "$results"/pings-*
	for keepalive in 60 300 3600; do
		say "pings: keepalive of $keepalive s"
		start_server plugin
		measure "pings-$keepalive" --viewers 10000 --windows 3 --settle 1000 --keepalive "$keepalive"
		stop_servers
	done
}

# Long enough for the plugin to let go of them (limits.stalled_s).
run_stall() {
	local load kind per_s bytes
	rm -f "$results"/stall-*
	for load in "${stall_loads[@]}"; do
		read -r per_s bytes <<<"$load"
		for kind in plugin gateway; do
			say "stall: $kind, $per_s deltas of $bytes bytes a second"
			start_server "$kind"
			measure "stall-$kind-$bytes" --viewers "$stall_viewers" --stall "$stall_count" --windows 13 --settle 0 \
				--publish "$per_s" --bytes "$bytes" --keepalive 10
			stop_servers
		done
	done
}

ulimit -n "$(ulimit -Hn)"
for part in "${parts[@]}"; do
	rm -f "$results/$part.machine" # a part that is not finished is not reported
	describe_machine >"$results/$part.running"
	"run_$part"
	describe_load >>"$results/$part.running"
	mv "$results/$part.running" "$results/$part.machine"
done
write_report
say "bench/RESULTS.md is written; the raw results are in $results"
