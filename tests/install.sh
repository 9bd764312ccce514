#!/bin/sh
# install.sh BUILD PREFIX - stages an installation, and looks whether what its files name is there: with the build's own prefix,
# twice, since what an administrator has changed must stay. 0 passed, 1 failed.
build=$1 prefix=$2
source=$(cd "$(dirname "$0")/.." && pwd)
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
failed=0
fail() { echo "install: $*"; failed=1; }
stage() { DESTDIR=$root cmake --install "$build" >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }; }

stage
etc=$(dirname "$(find "$root" -path '*/share' -prune -o -name policy.json -print)")
echo '{}' >"$etc/policy.json"
stage
[ "$(cat "$etc/policy.json")" = '{}' ] || fail "policy.json was overwritten"

# every path of ours that an installed file names
conf=$root$prefix/share/scoreboard-mqtt/conf
units=$root$prefix/lib/systemd/system
names=$(grep -rhoE "(/[a-z0-9_/.-]*)?(/share/scoreboard-mqtt|/etc/scoreboard-mqtt|/mosquitto_scoreboard.so|/bin/scoreboard)[A-Za-z0-9_/.-]*" \
	"$conf" "$units" "$etc" | sed 's/[.,;]$//' | sort -u)
[ "$(echo "$names" | wc -l)" -ge 8 ] || fail "too few paths found: $names"
for name in $names; do
	case $name in
	*/passwd | */token.key | */publisher.password | */publisher-standby.env | */edge-* | */tls/*) ;; # the administrator's own
	*) [ -e "$root$name" ] || fail "$name is named, but not installed" ;;
	esac
done

# the unit's own words make an edge's configuration of the template
name=$(basename "$units"/*edge*)
line=$(sed -n "s/^ExecStartPre=\/bin\/sh -c '\(.*\) >.*/\1/p" "$units/$name" | sed "s| /\([a-z]*/[^ ]*scoreboard\)| $root/\1|g")
for template in edge.conf mid.conf; do
	# shellcheck disable=SC2034 # what the unit's line reads
	(cd "$etc" && set -a && . ./edge.env.example && NAME=1 TEMPLATE=$template PLUGIN=p POLICY=p METRICS=m && eval "$line") >"$root/$template" ||
		fail "$template could not be filled by: $line"
	grep -q "^connection 1$" "$root/$template" || fail "no bridge in what came of $template: $line"
done
# scoreboard-setup makes a configuration and the passwords: the broker of the installed files takes the publisher's
cp "$conf/policy.json" "$etc/policy.json"
PATH=$root$prefix/bin:$PATH "$root$prefix/sbin/scoreboard-setup" --root "$root" --yes --scoreboard 192.168.1.20 >"$root/setup.log" 2>&1 ||
	{ cat "$root/setup.log"; fail "scoreboard-setup fails"; }
[ "$(stat -c %a "$etc/publisher.password")" = 600 ] && [ "$(stat -c %a "$etc/passwd")" = 640 ] || fail "others can read passwords"
broker() { # in a network of its own, where the ports of mosquitto.conf are free
	sed -e "s# \(/[^ ]*/scoreboard-mqtt/\)# $root\1#" -e "s# \(/[^ ]*/mosquitto_scoreboard.so\)# $root\1#" -e "s#/var/lib/mosquitto#$root#" \
		"$root/etc/mosquitto/conf.d/scoreboard.conf" >"$root/m.conf"
	echo "user $(id -un)" >>"$root/m.conf"
	ip link set lo up
	mosquitto -c "$root/m.conf" >"$root/m.log" 2>&1 &
	for _ in $(seq 50); do
		sleep 0.3
		mosquitto_pub -u publisher -P "$(cat "$etc/publisher.password")" -t scoreboard/x -m 1 -q 1 2>>"$root/m.log" && break
	done
	told=$?
	kill $!
	return $told
}
plugin=$(find "$root" -name mosquitto_scoreboard.so)
# a broker without the sanitizers can't load a plugin with them
if unshare --net true 2>/dev/null && ! ldd "$plugin" | grep -q libasan; then
	export root etc conf
	unshare --net sh -c "$(sed -n '/^broker() {/,/^}/p' "$0")
		broker" || { cat "$root/m.log"; fail "the publisher can't log in"; }
fi

# a clone without MQTT.js says so when it is configured, and when it is installed
clone=$root/clone
mkdir "$clone"
tar -C "$source" --exclude='./build*' --exclude=node_modules --exclude=./web/vendor --exclude=./.git -cf - . | tar -C "$clone" -xf -
cmake -S "$clone" -B "$clone/build" -DBUILD_TESTING=OFF >"$root/configure.log" 2>&1 || { cat "$root/configure.log"; fail "no configuration"; }
grep -q 'lack MQTT.js' "$root/configure.log" || fail "configured without a word on MQTT.js"
DESTDIR=$root/empty cmake --install "$clone/build" >"$root/install.log" 2>&1 # ends at the programs, which are not built
grep -q 'lack MQTT.js' "$root/install.log" || fail "installed without a word on MQTT.js"
exit $failed
