#!/bin/bash
# machine.sh - the packages on a machine: a fresh Debian (debootstrap), booted by systemd-nspawn, in a network of its own with a scoreboard and a fan. Runs README's
# lines under "For good", looks whether the fan sees the score, makes faults that scoreboard-setup --check must find, restarts the machine, purges.
# It fetches Debian's packages; the fresh Debian is kept in build/machine/base-RELEASE, and what the machines write is in memory. SB_PACKAGES=built takes the packages that
# are in build/packages, where ./test has the test install/packages put them. SB_RELEASE=trixie takes Debian 13, and packages for it, instead of the release that runs here.
# Logs are in build/machine/state.
# 0 passed, 1 failed, 77 skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
release=${SB_RELEASE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")}
debs=build/packages${SB_RELEASE:+-$release-$(dpkg --print-architecture)}
base=$PWD/build/machine/base-$release memory=$PWD/build/machine/memory state=$PWD/build/machine/state
root=$memory/box server_root=$memory/server
# shellcheck disable=SC2034 # make_network() takes them by their names
box=192.168.1.10 rink=192.168.1.20 fan=192.168.1.30 server=192.168.1.40

if [ -z "${1:-}" ]; then
	for program in debootstrap systemd-nspawn dpkg-buildpackage node; do
		command -v $program >/dev/null || { echo "install/machine: $program is missing"; exit 77; }
	done
	[ "$(id -u)" = 0 ] && unshare --net --mount --pid --fork --mount-proc true 2>/dev/null || { echo "install/machine: it may not make namespaces"; exit 77; }
fi

failed=0
fail() { echo "machine: $*"; failed=1; }
step() { printf '%4d s  %s\n' $SECONDS "$*"; }
export SB_BEGAN=${SB_BEGAN:-$(date +%s)} # this file runs three times
SECONDS=$(($(date +%s) - SB_BEGAN)) patience=${SB_PATIENCE:-1}

# --- outside, with the packages' registry: a fresh Debian, and the packages that ours need, in apt's own store ---

# A machine's folder: the fresh Debian, on which what it writes lies in memory.
make_root() { # NAME
	mkdir -p "$memory/$1" "$memory/$1-writes" "$memory/$1-work"
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$memory/$1-writes,workdir=$memory/$1-work" "$memory/$1" || { echo "install/machine: it may not mount"; exit 77; }
	echo "scoreboard-$1" >"$memory/$1/etc/hostname"
	echo "deb http://deb.debian.org/debian $release main" >"$memory/$1/etc/apt/sources.list" # there is no way to it from the machine
	mkdir -p "$memory/$1/root/build/packages"
	cp "$debs"/*.deb "$memory/$1/root/build/packages/"
}

# Into the base, for both machines.
fetch_packages() {
	on_base() { in_chroot "$base" "$PWD/$debs:/packages" -- "$@"; }
	on_base apt-get update -qq >"$state/download.log" 2>&1
	ls "$base"/var/lib/apt/lists/*Packages* >/dev/null 2>&1 || die "Debian can't be reached"
	on_base sh -c 'apt-get install -s -qq /packages/*.deb' >"$state/depends.log" 2>&1 || { tail -n 5 "$state/depends.log"; echo "install/machine: what the packages depend on is not there"; exit 1; }
	on_base sh -c 'apt-get install -y -qq --download-only /packages/*.deb &&
		apt-get install -y -qq --download-only --no-install-recommends nginx-light libnginx-mod-stream certbot nftables ufw sqlite3' >"$state/download.log" 2>&1 ||
		{ tail -n 5 "$state/download.log"; die "the packages of Debian could not be fetched"; }
}

if [ -z "${1:-}" ]; then
	mkdir -p "$state"
	[ "${SB_PACKAGES:-}" = built ] || step "building the packages"
	[ "${SB_PACKAGES:-}" = built ] || ./package ${SB_RELEASE:+--release "$release"} --no-install --no-lint >"$state/package.log" 2>&1 || { tail -n 20 "$state/package.log"; exit 1; }
	die() { echo "install/machine: $*"; exit 77; }
	say() { step "$*"; }
	. scripts/install.sh
	. scripts/chroot.sh
	step "a fresh Debian, $release"
	# shellcheck disable=SC2034 # make_chroot() is to install nothing: ./test has
	install=no
	make_chroot "$base" "$release" --include=systemd,systemd-sysv,dbus,iproute2
	fetch_packages
	exec unshare --mount --propagation slave "$0" mounts
fi
if [ "$1" = mounts ]; then # they are gone with this process
	mkdir -p "$memory"
	mount -t tmpfs -o size=3g tmpfs "$memory"
	make_root box
	make_root server
	exec unshare --net --pid --fork --kill-child --mount-proc "$0" inside # whoever ends this ends the machines
fi

# --- inside: hosts on one network; box and server are machines, the others are namespaces ---

make_network() {
	local name
	mount -t tmpfs tmpfs /run # nspawn clears its own folder there when the machine restarts, but on no disk
	mkdir -p /run/netns
	ip link set lo up
	ip link add lan type bridge && ip link set lan up
	for name in box rink fan server; do
		ip netns add $name
		ip link add to-$name type veth peer name host0 netns $name
		ip link set to-$name master lan up
		ip -n $name link set lo up
		ip -n $name address add "${!name}/24" dev host0
		ip -n $name link set host0 up
	done
}

declare -A machine=() # the process that keeps each
scoreboard=''
# nspawn ends with 133 when the machine is to start again.
boot() { # NAME ROOT
	while :; do
		systemd-nspawn -q --register=no --keep-unit --capability=CAP_NET_ADMIN -M "$1" -D "$2" --boot --network-namespace-path="/run/netns/$1" >>"$state/$1.log" 2>&1
		[ $? = 133 ] || break
	done &
	machine[$1]=$!
}
leader() { pgrep -P "$(pgrep -P "${machine[$1]}" | head -n 1)" 2>/dev/null | head -n 1; } # NAME: the machine's first process
on() { # NAME SHELL-WORDS: on the machine, in /root
	nsenter -t "$(leader "$1")" -a -- /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive bash -c "cd /root && $2" </dev/null
}
on_box() { on box "$1"; }
wait_until() { # SECONDS COMMAND...
	local until=$((SECONDS + $1 * patience))
	shift
	while ! "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.3
	done
}
booted() { [ -n "$(leader "$1")" ] && on "$1" 'systemctl is-system-running | grep -qE "running|degraded"'; } # NAME
live() { on "${1:-box}" 'curl -sm 2 http://127.0.0.1:8080/readyz' | grep -q '^ready'; } # [NAME]

start_scoreboard() {
	[ -p "$state/says" ] || mkfifo "$state/says"
	ip netns exec rink node tests/install/scoreboard.mjs $rink 8000 <"$state/says" >"$state/scoreboard.log" 2>&1 &
	scoreboard=$!
	exec 7>"$state/says"
}
stop_scoreboard() { kill "$scoreboard" 2>/dev/null; wait "$scoreboard" 2>/dev/null; exec 7>&-; }
says_score() { echo "{\"ScoreBoard.CurrentGame.Team(1).Score\":$1}" >&7; }
fan_sees() { # SCORE [ADDRESS [SECONDS]]
	ip netns exec fan node tests/install/viewer.mjs "ws://${2:-$box}:9001/mqtt" scoreboard/team/1/score "$1" $((${3:-20} * patience))
}
restart() { # NAME
	local before
	before=$(leader "$1")
	on "$1" 'systemctl reboot'
	wait_until 30 sh -c "! kill -0 $before"
	wait_until 60 booted "$1" || { fail "$1 does not start again"; return 1; }
}

tidy() {
	local name
	trap - EXIT
	stop_scoreboard
	for name in "${!machine[@]}"; do
		[ -z "$(leader "$name")" ] || kill -RTMIN+4 "$(leader "$name")" 2>/dev/null # the machine's poweroff
	done
	for name in "${!machine[@]}"; do
		wait_until 20 sh -c "! kill -0 ${machine[$name]}" || kill -9 "${machine[$name]}"
	done
}

# README's lines of "For good", without what is after #.
readme_lines() {
	awk '/^For good/ { here = 1 } here && /^```/ { if (block++) exit; next } here && block { sub(/ *#.*/, ""); print }' README.md
}

install_it() {
	local start=$SECONDS
	[ "$(readme_lines | wc -l)" = 3 ] && [ "$(readme_lines | head -n 1)" = ./package ] || fail "README has other lines under For good"
	on_box "set -e; $(readme_lines | tail -n +2)" >"$state/install.log" 2>&1 || { tail -n 30 "$state/install.log"; fail "README's lines fail"; return 1; }
	wait_until 20 live || fail "it is not live: $(on_box 'curl -s http://127.0.0.1:8080/readyz')"
	says_score 12
	fan_sees 12 || fail "the fan does not see the score"
	ip netns exec fan curl -sfm 5 http://$box:8080/ | grep -q '<title' || fail "the fan gets no page"
	on_box 'test -d /usr/share/scoreboard-mqtt/web/chunks' || fail "the pages are not built"
	step "live, and a fan sees the score, $((SECONDS - start)) s after the first command"
	[ $((SECONDS - start)) -lt $((300 * patience)) ] || fail "that took longer than 5 minutes"
	grep -q "http://$box:8080/" "$state/install.log" || fail "the address is not told"
	grep -qE '^  operator  .{20,}' "$state/install.log" || fail "the operator's password is not told"
}

check_rights() {
	local password
	password=$(sed -n 's/^  operator  //p' "$state/install.log")
	[ "$(on_box 'stat -c "%a %U:%G" /etc/scoreboard-mqtt/passwd /etc/scoreboard-mqtt/token.key /etc/scoreboard-mqtt/publisher.password' | tr '\n' ' ')" = \
		'640 root:mosquitto 640 root:mosquitto 600 root:root ' ] || fail "rights: $(on_box 'ls -l /etc/scoreboard-mqtt')"
	on_box "SCOREBOARD_CTL_PASSWORD='$password' scoreboard-ctl clients publisher" | grep -q scoreboard-publisher || fail "the operator can't log in with the password that was told"
	[ "$(on_box 'systemctl show -p LimitNOFILE --value mosquitto')" = 100000 ] || fail "Mosquitto's limit of open files"
}

check_again() {
	local before after
	before=$(on_box 'md5sum /etc/scoreboard-mqtt/* /etc/mosquitto/conf.d/*; systemctl show -p MainPID mosquitto scoreboard-publisher')
	on_box 'scoreboard-setup --yes' >"$state/again.log" 2>&1 || fail "a second time it fails: $(tail -n 3 "$state/again.log")"
	after=$(on_box 'md5sum /etc/scoreboard-mqtt/* /etc/mosquitto/conf.d/*; systemctl show -p MainPID mosquitto scoreboard-publisher')
	[ "$before" = "$after" ] || fail "a second time changes something: $(diff <(echo "$before") <(echo "$after"))"
	! grep -q '^  operator  ' "$state/again.log" || fail "a second time tells passwords"
}

# Asked to, scoreboard-setup finds the scoreboard of its network; of two it takes none.
check_find() {
	local second
	on_box "sed -i 's/$rink/192.168.1.21/' /etc/scoreboard-mqtt/setup.conf; scoreboard-setup --yes --scoreboard find" >"$state/find.log" 2>&1 || { tail -n 3 "$state/find.log"; fail "the scoreboard is not found"; }
	on_box "grep -qx scoreboard=ws://$rink:8000/WS/ /etc/scoreboard-mqtt/setup.conf" || fail "found is: $(on_box 'grep ^scoreboard= /etc/scoreboard-mqtt/setup.conf')"
	ip netns exec fan node tests/install/scoreboard.mjs $fan 8000 </dev/null >"$state/second.log" 2>&1 &
	second=$!
	wait_until 20 grep -q ready "$state/second.log"
	on_box 'scoreboard-setup --yes --scoreboard find' >"$state/find.log" 2>&1 && fail "of two scoreboards one is taken"
	grep -qE "name yours: ($rink:8000 $fan:8000|$fan:8000 $rink:8000)" "$state/find.log" || fail "not said which scoreboards there are: $(cat "$state/find.log")"
	kill $second
}

check_says() { # WORDS: of a fault, and what to do
	! on_box 'scoreboard-setup --check' >"$state/check.log" 2>&1 && grep -A 1 -E "^FAULT .*$1" "$state/check.log" | grep -q '^       do: .'
}

# NAME, what --check must say, how the fault is made, how it is undone.
faults=0
fault() {
	on_box "$3" >"$state/fault.log" 2>&1 || { cat "$state/fault.log"; fail "the fault '$1' could not be made"; }
	wait_until 20 check_says "$2" || { cat "$state/check.log"; fail "$1: --check does not say '$2'"; }
	on_box "$4" >"$state/fault.log" 2>&1 || { cat "$state/fault.log"; fail "the fault '$1' could not be undone"; }
	faults=$((faults + 1))
}
# shellcheck source=tests/install/faults.sh
. tests/install/faults.sh
# shellcheck source=tests/install/https.sh
. tests/install/https.sh
# shellcheck source=tests/install/firewall.sh
. tests/install/firewall.sh
# shellcheck source=tests/install/server.sh
. tests/install/server.sh
# shellcheck source=tests/install/upgrade.sh
. tests/install/upgrade.sh

# What has ended more often than systemd's own limit allows comes back all the same.
check_ends() {
	local unit
	for unit in mosquitto scoreboard-publisher; do
		on_box "for _ in 1 2 3 4 5 6 7; do systemctl restart $unit || exit 1; done" >"$state/ends.log" 2>&1 || fail "$unit is not started any more: $(head -n 1 "$state/ends.log")"
	done
	wait_until 30 live || fail "not live after seven ends of each"
}

check_restart() {
	local start=$SECONDS took
	restart box || return
	wait_until 30 live || fail "not live after a restart: $(on_box 'curl -s http://127.0.0.1:8080/readyz')"
	took=$((SECONDS - start))
	[ $took -le $((30 * patience)) ] || fail "live only $took s after the restart began"
	says_score 15
	fan_sees 15 && fan_sees 15 $server 40 || fail "the fans do not see the score after the restart"
	step "restarted, and live again after $took s"
}

check_purge() {
	local left
	on_box 'apt-get purge -y scoreboard-mqtt scoreboard-publisher mosquitto-plugin-scoreboard scoreboard-web' >"$state/purge.log" 2>&1 || { tail "$state/purge.log"; fail "purge fails"; }
	left=$(on_box 'find / -xdev \( -path /root -o -path /proc -o -path /sys -o -path /var/log/journal -o -path /var/cache/apt \) -prune -o -iname "*scoreboard*" -print')
	# the games that check_upgrade() had kept, and nothing else
	grep -q '^Kept, .* the games in /var/lib/private/scoreboard-mqtt' "$state/purge.log" || fail "not said that the games are kept: $(tail -n 3 "$state/purge.log")"
	[ "$(echo $left)" = '/var/lib/private/scoreboard-mqtt /var/lib/scoreboard-mqtt' ] || fail "left after purge: $left"
	on_box 'ls /var/lib/private/scoreboard-mqtt' | grep -v '^games.db' && fail "left after purge, beside the games"
	on_box 'systemctl is-active mosquitto' >/dev/null || fail "Mosquitto does not run without us: $(on_box 'journalctl -u mosquitto -n 5 --no-pager')"
	on_box 'ss -Hltn' | grep -q ':8080 ' && fail "the publisher still runs"
	step "purged"
}

trap tidy EXIT
rm -f "$state/box.log" "$state/server.log"
make_network
start_scoreboard
boot box "$root"
# nothing of ours is in it yet
wait_until 60 booted box || { tail -n 20 "$state/box.log"; echo "install/machine: systemd-nspawn can't start a machine here"; exit 77; }
step "booted"
install_it && {
	start_server
	check_rights
	check_again
	check_ends
	check_find
	provoke_faults
	check_https
	step "$faults faults found"
	check_upgrade
	start_other
	check_ufw
	check_iptables
	check_nftables
	check_server
	check_restart
	check_nftables_after_restart
	check_backup
	check_remove
	check_restore
	check_purge
}
[ $failed = 0 ] && echo "install/machine: passed"
exit $failed
