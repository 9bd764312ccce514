#!/bin/sh
# Runs the browser side's tests: run.sh [unit|schemas|board|seconds|words|fits|notice|heals|page|tracks|start|venue|logos|overlay|history|ops|uplink|library|tournament|react|outbox|rooms|cluster|encodings|rooms-node|crowd|upgrade|weight|element|https|package ...]; all of them without arguments.
# SB_BUILD_DIR: where publisher/scoreboard-publisher was built; SB_SOURCE_DIR: the tree. 0 passed, 1 failed, 77 skipped.
here=$(cd "$(dirname "$0")" && pwd)
export SB_SOURCE_DIR="${SB_SOURCE_DIR:-$(cd "$here/../.." && pwd)}"
export SB_BUILD_DIR="${SB_BUILD_DIR:-$SB_SOURCE_DIR/build/test}"
case ${1:-} in
-h | --help)
	sed -n '2,3s/^# //p' "$0"
	exit 0
	;;
esac
cd "$here" || exit 1

skip() { echo "web/$1: skipped: $2"; exit 77; }

need_tls() {
	for program in /usr/sbin/nginx /usr/lib/nginx/modules/ngx_stream_module.so /usr/sbin/haproxy /usr/bin/certutil /usr/bin/certbot /usr/bin/pebble /usr/bin/socat /usr/bin/openssl /usr/bin/mosquitto_sub; do
		[ -e $program ] || skip https "$program is not installed"
	done
}

need() { # NAME: what this group can't do without
	command -v node >/dev/null || skip "$1" "node is not installed"
	[ "$1" = unit ] && return
	if [ "$1" = schemas ]; then
		[ -d node_modules/ajv ] || skip "$1" "run 'npm ci' in tests/web"
		[ -x "$SB_BUILD_DIR/tests/feed_dump" ] || skip "$1" "feed_dump is not built in $SB_BUILD_DIR"
		return
	fi
	[ -d node_modules/mqtt ] || skip "$1" "run 'npm ci' in tests/web"
	[ -f "$SB_SOURCE_DIR/web/vendor/mqtt.esm.js" ] || skip "$1" "run 'npm ci' in web"
	[ -x /usr/sbin/mosquitto ] || [ -x /usr/local/sbin/mosquitto ] || skip "$1" "mosquitto is not installed"
	[ -x "$SB_BUILD_DIR/publisher/scoreboard-publisher" ] || skip "$1" "the publisher is not built in $SB_BUILD_DIR"
	case $1 in
	crowd | encodings | rooms-node) return ;;
	upgrade)
		[ -x /usr/sbin/haproxy ] || [ -x /usr/local/sbin/haproxy ] || skip "$1" "haproxy is not installed"
		return
		;;
	esac
	[ -d node_modules/playwright-core ] || skip "$1" "run 'npm ci' in tests/web"
	[ -n "$CHROMIUM" ] || [ -x /usr/bin/chromium ] || [ -x /usr/bin/chromium-browser ] || [ -x /usr/bin/google-chrome ] ||
		skip "$1" "chromium is not installed"
	[ "$1" != venue ] || [ -f "$SB_SOURCE_DIR/web/vendor/qrcode.js" ] || skip "$1" "run 'npm ci' in web"
	[ "$1" != https ] || need_tls
	[ "$1" != venue ] || [ -d node_modules/jsqr ] || skip "$1" "run 'npm ci' in tests/web"
	[ "$1" != cluster ] && [ "$1" != rooms ] && [ "$1" != ops ] || [ -x /usr/sbin/haproxy ] || [ -x /usr/local/sbin/haproxy ] || skip "$1" "haproxy is not installed"
}

group() {
	need "$1"
	case $1 in
	unit) set -- unit/*.test.mjs ;;
	schemas) set -- schemas/*.test.mjs ;;
	rooms-node) set -- rooms/*.test.mjs ;;
	crowd) set -- crowd/*.test.mjs ;;
	encodings | upgrade | package) set -- "$1/$1.test.mjs" ;;
	ops) set -- browser/ops.test.mjs browser/ops-cluster.test.mjs ;;
	board | seconds | words | fits | notice | heals | page | tracks | start | venue | logos | overlay | uplink | history | library | tournament | react | outbox | rooms | cluster | weight | element | https) set -- "browser/$1.test.mjs" ;;
	*) echo "web/$1: there is no such group of tests" >&2; exit 2 ;;
	esac
	node --test --test-reporter=spec "$@"
}

failed=0
skipped=0
# shellcheck disable=SC2048 # names are words
for name in ${*:-unit schemas board seconds words fits notice heals page tracks start venue logos overlay history ops uplink library tournament react outbox rooms cluster encodings rooms-node crowd upgrade weight element https package}; do
	(group "$name")
	case $? in
	0) ;;
	77) skipped=1 ;;
	*) failed=1 ;;
	esac
done
[ $failed = 1 ] && exit 1
[ $skipped = 1 ] && exit 77
exit 0
