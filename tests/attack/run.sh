#!/bin/bash
# Runs the attacks: run.sh [haproxy|attack ...]; both without arguments. SB_ATTACK_FULL=1: at their full size.
# SB_BUILD_DIR: where publisher/scoreboard-publisher was built; SB_SOURCE_DIR: the tree. 0 passed, 1 failed, 77 skipped.
here=$(cd "$(dirname "$0")" && pwd)
export SB_SOURCE_DIR="${SB_SOURCE_DIR:-$(cd "$here/../.." && pwd)}"
export SB_BUILD_DIR="${SB_BUILD_DIR:-$SB_SOURCE_DIR/build/test}"

skip() { echo "attack: skipped: $1"; exit 77; }
command -v node >/dev/null || skip "node is not installed"
[ -x /usr/sbin/mosquitto ] || [ -x "$SB_MOSQUITTO" ] || skip "mosquitto is not installed"
[ -x /usr/sbin/haproxy ] || [ -x /usr/local/sbin/haproxy ] || skip "haproxy is not installed"
[ -f "$SB_BUILD_DIR/mosquitto-plugin/mosquitto_scoreboard.so" ] || skip "the plugin is not built in $SB_BUILD_DIR"
[ -x "$SB_BUILD_DIR/publisher/scoreboard-publisher" ] || skip "the publisher is not built in $SB_BUILD_DIR"

# 6,000 viewers, and as many files for HAProxy
ulimit -n "$(ulimit -Hn)" 2>/dev/null
failed=0
# shellcheck disable=SC2048 # names are words
for name in ${*:-haproxy attack}; do
	node --test --test-reporter=spec "$here/$name.test.mjs" || failed=1
done
exit $failed
