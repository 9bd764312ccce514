#!/bin/sh
# run.sh [judge] - everything that a big event runs, each machine in a network namespace of its own, while parts of it break (chaos.mjs tells what it takes from the
# environment). It has networks, mounts and process ids of its own, so nothing of it is left when it ends, however it ends, and
# two of them do not meet. SB_BUILD_DIR: where it was built; SB_SOURCE_DIR: the tree. judge: only the unit tests of what judges. 0 passed, 1 failed, 77 skipped.
here=$(cd "$(dirname "$0")" && pwd)
export SB_SOURCE_DIR="${SB_SOURCE_DIR:-$(cd "$here/../.." && pwd)}"
export SB_BUILD_DIR="${SB_BUILD_DIR:-$SB_SOURCE_DIR/build/test}"
export PATH="$PATH:/usr/sbin:/sbin"
skip() { echo "chaos: skipped: $1"; exit 77; }

if [ "${SB_CHAOS_INSIDE:-}" = yes ]; then
	# names of namespaces, and all that the programs write, are on a file system that ends with us
	mount -t tmpfs -o mode=755 none /run && mkdir /run/netns /run/tmp && ip link add try type bridge 2>/dev/null && ip link delete try ||
		skip "it cannot make a network with a bridge"
	export TMPDIR=/run/tmp
	exec node "$here/chaos.mjs"
fi

if [ "${1:-}" = judge ]; then
	command -v node >/dev/null || skip "node is not installed"
	exec node --test --test-reporter=spec "$here/judge.test.mjs"
fi

for program in ip mosquitto haproxy node unshare setpriv mosquitto_passwd; do
	command -v $program >/dev/null || skip "no $program on this machine"
done
[ -d "$SB_SOURCE_DIR/tests/web/node_modules/mqtt" ] || skip "run 'npm ci' in tests/web"
[ -d "$SB_SOURCE_DIR/web/node_modules/fflate" ] || skip "run 'npm ci' in web"
[ -x "$SB_BUILD_DIR/publisher/scoreboard-publisher" ] || skip "the publisher is not built in $SB_BUILD_DIR"
[ -f "$SB_BUILD_DIR/mosquitto-plugin/mosquitto_scoreboard.so" ] || skip "the plugin is not built in $SB_BUILD_DIR"
own='--mount --net --pid --fork --kill-child --mount-proc'
# shellcheck disable=SC2086 # these are words
unshare $own ip netns list >/dev/null 2>&1 || skip "it may not make networks of its own (it needs root)"

# unshare waits deaf to signals; but all inside ends with it
export SB_CHAOS_INSIDE=yes
# shellcheck disable=SC2086
unshare $own "$0" "$@" &
pid=$!
trap 'kill -KILL $pid; exit 1' INT TERM HUP
wait $pid
