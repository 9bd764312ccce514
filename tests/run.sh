#!/bin/bash
# run.sh - `./run --listen`: what it starts listens at the address that was given and at no other, with one broker, with many, and with the tournament's app; and that all of it ends, frozen or not. In a network of
# its own, so that its ports are nobody's. 0 passed, 1 failed, 77 skipped.
set -u
cd "$(dirname "$0")/.." || exit 1
if [ "${1:-}" != inside ]; then
	unshare --net true 2>/dev/null || { echo "run: it may not make a network of its own"; exit 77; }
	exec unshare --net "$0" inside
fi
ip link set lo up && ip address add 10.9.0.1/32 dev lo || exit 77
failed=0 log=$(mktemp)
fail() { echo "run: $*"; failed=1; }
trap 'rm -f "$log"' EXIT

listeners() { ss -Hltn | awk '{ print $4 }' | sort -u; }

check() { # ADDRESS OTHERS OPTION...: OTHERS is a pattern of what may listen elsewhere
	local address=$1 others=$2 pid n
	shift 2
	: >"$log" # what the one before has said is not this one's
	./run --game --no-install --listen "$address" "$@" >"$log" 2>&1 &
	pid=$!
	for ((n = 0; n < 3000; n++)); do # the first time it builds
		grep -q 'Ctrl-C stops' "$log" && break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	grep -q 'Ctrl-C stops' "$log" || { cat "$log"; fail "it did not start with --listen $address $*"; }
	[ "$(listeners | grep -c "^$address:")" -ge 3 ] || fail "--listen $address $*: $(listeners | tr '\n' ' ')"
	! listeners | grep -v "^$address:" | grep -qvE "$others" || fail "--listen $address $*: also $(listeners | tr '\n' ' ')"
	grep -q "http://$address:80[89]0/" "$log" || fail "it does not name the page at $address"
	kill -TERM "$pid"
	wait "$pid"
}

check_frozen() { # the page that says how to try a standby says to freeze a publisher
	local pid publisher n
	: >"$log"
	./run --game --no-install --listen 127.0.0.1 --standby >"$log" 2>&1 &
	pid=$!
	for ((n = 0; n < 3000; n++)); do
		publisher=$(sed -n 's/^The publisher is process \([0-9]*\):.*/\1/p' "$log")
		[ -z "$publisher" ] && kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	[ -n "$publisher" ] && kill -STOP "$publisher" || { cat "$log"; fail "no publisher with a standby"; return; }
	kill -TERM "$pid"
	for ((n = 0; n < 200; n++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -0 "$pid" 2>/dev/null && fail "it does not end while its publisher is frozen"
	kill -CONT "$publisher" 2>/dev/null
	wait "$pid"
}

check 10.9.0.1 '^nothing$'
check_frozen
check 127.0.0.1 '^nothing$'
[ ! -d examples/tournament/node_modules ] || check 10.9.0.1 '^nothing$' --tournament # ./run --tournament has fetched them once
[ ! -x /usr/sbin/haproxy ] || check 10.9.0.1 '^127\.0\.0\.1:' --edges 1 # hub, edge and HAProxy's own page are for this machine
./run --listen nonsense >"$log" 2>&1 && fail "it takes nonsense for an address"
grep -q 'IPv4 address' "$log" || fail "nonsense is not told"
exit $failed
