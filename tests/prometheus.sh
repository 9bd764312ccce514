#!/bin/sh
# prometheus.sh rules|system - rules: what conf/prometheus/ says is what Debian's Prometheus understands, and each alert fires when it should.
# system: the same at a system that runs (tests/prometheus/system.test.mjs). SB_BUILD_DIR: where it was built; SB_SOURCE_DIR: the tree.
# 0 passed, 1 failed, 77 skipped.
export SB_SOURCE_DIR="${SB_SOURCE_DIR:-$(cd "$(dirname "$0")/.." && pwd)}"
export SB_BUILD_DIR="${SB_BUILD_DIR:-$SB_SOURCE_DIR/build/test}"
skip() { echo "prometheus: $1"; exit 77; }

rules() {
	command -v promtool >/dev/null || skip "no promtool on this machine"
	dir=$(mktemp -d) || exit 1
	trap 'rm -rf "$dir"' EXIT
	cp "$SB_SOURCE_DIR"/conf/prometheus/*.yml "$SB_SOURCE_DIR"/tests/prometheus/rules.test.yml "$dir"
	cd "$dir" || exit 1
	promtool check config scoreboard.yml && promtool test rules rules.test.yml
}

system() {
	for program in prometheus prometheus-node-exporter mosquitto haproxy node prlimit; do
		PATH=$PATH:/usr/sbin command -v $program >/dev/null || skip "no $program on this machine"
	done
	[ -d "$SB_SOURCE_DIR/tests/web/node_modules/ws" ] || skip "run 'npm ci' in tests/web"
	[ -f "$SB_SOURCE_DIR/web/vendor/mqtt.esm.js" ] || skip "run 'npm ci' in web"
	[ -f "$SB_BUILD_DIR/mosquitto-plugin/mosquitto_scoreboard.so" ] || skip "the plugin is not built in $SB_BUILD_DIR"
	node --test --test-reporter=spec "$SB_SOURCE_DIR/tests/prometheus/system.test.mjs"
}

case ${1:-} in
rules | system) "$1" ;;
*) echo "prometheus.sh rules|system" >&2; exit 2 ;;
esac
