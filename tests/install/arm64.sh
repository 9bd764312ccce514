#!/bin/bash
# arm64.sh - the packages on another processor, the Raspberry Pi's: cross-built by ./package, and installed in a Debian for arm64 that QEMU runs. There the
# broker with the plugin and the publisher mirror the recorded game, and the unit tests, cross-built as well, pass.
# It takes a quarter of an hour, and fetches two Debians: SB_ARM64=1 runs it. SB_RELEASE=trixie takes Debian 13 instead of 12, SB_PACKAGES=built the
# packages that are there, SB_TESTS other tests than ^(unit|fuzz)/.
# The kernel is told what runs programs for arm64, if it does not know, and forgets it at the end.
# 0 passed, 1 failed, 77 skipped.
set -u
cd "$(dirname "$0")/../.." || exit 1
release=${SB_RELEASE:-bookworm}
debs=build/packages-$release-arm64 root=build/chroot/$release-arm64-machine
skip() { echo "install/arm64: skipped: $*"; exit 77; }
if [ "${1:-}" != inside ]; then
	[ "${SB_ARM64:-}" = 1 ] || skip "SB_ARM64=1 runs it"
	[ "$(dpkg --print-architecture 2>/dev/null)" != arm64 ] || skip "this machine is one: ./package, and ./test"
	qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || skip "there is no qemu-aarch64: apt install qemu-user-static"
	unshare --mount true 2>/dev/null || skip "it may not make namespaces"
	exec unshare --mount --propagation private "$0" inside "$qemu"
fi
qemu=$2

say() { printf '%4d s  %s\n' $SECONDS "$*"; }
die() { echo "install/arm64: $*"; exit 1; }
. scripts/install.sh
. scripts/chroot.sh

kernel=/proc/sys/fs/binfmt_misc
tell_kernel() {
	local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
	local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
	[ -e $kernel/register ] || mount -t binfmt_misc binfmt_misc $kernel || skip "the kernel has no binfmt_misc"
	[ ! -e $kernel/qemu-aarch64 ] || return 0
	[ ! -e $kernel/scoreboard-aarch64 ] || echo -1 >$kernel/scoreboard-aarch64 # of one that was killed
	trap 'echo -1 >$kernel/scoreboard-aarch64' EXIT
	echo ":scoreboard-aarch64:M::$magic:$mask:$qemu:F" >$kernel/register || skip "binfmt_misc does not take $qemu"
}

# A machine for arm64, with our packages. Nothing starts there by itself.
install_packages_there() {
	make_chroot "$root" "$release" --arch arm64
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	# as it would be the first time
	in_chroot "$root" "$PWD/$debs:/packages" -- sh -c 'apt-get update -qq
		apt-get purge -y -qq scoreboard-mqtt scoreboard-publisher mosquitto-plugin-scoreboard scoreboard-web 2>/dev/null
		apt-get install -y -qq --no-install-recommends /packages/*.deb' >"$root.log" 2>&1 || { tail -n 20 "$root.log"; die "the packages do not install"; }
	# shellcheck disable=SC2016 # $man is there
	in_chroot "$root" -- sh -c 'set -e; dpkg --print-architecture; uname -m; scoreboard-publisher --version; scoreboard-ctl --help >/dev/null
		man=/usr/share/man/man1; zcat $man/scoreboard-publisher.1.gz $man/scoreboard-ctl.1.gz | grep -c "^[.]TP"' || die "they do not run"
}

# In the machine, in a network of its own.
# shellcheck disable=SC2016 # these are the variables of the inner shell
mirror_a_game='
	ip link set lo up
	cd "$(mktemp -d)"
	chmod 755 .
	for user in publisher operator bridge crew monitor; do echo "$user:secret-of-$user"; done >passwd
	mosquitto_passwd -U passwd
	echo secret-of-publisher >password
	cp /etc/scoreboard-mqtt/policy.json .
	scoreboard-ctl key token.key
	chown mosquitto passwd policy.json token.key
	sed "s|/etc/scoreboard-mqtt|$PWD|; s|^plugin_opt_metrics_file .*||" /usr/share/scoreboard-mqtt/conf/mosquitto.conf >mosquitto.conf
	mosquitto -c mosquitto.conf >mosquitto.log 2>&1 &
	broker=$!
	for _ in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/1883) 2>/dev/null && break; sleep 0.1; done # QEMU has no netlink for ss
	scoreboard-publisher --source file:/src/tests/fixtures/game.jsonl --loop --speed 20 --broker mqtt://127.0.0.1 --user publisher \
		--password-file password --http 127.0.0.1:8080 --schema /usr/share/scoreboard-mqtt/schema/crg.json \
		--web-dir /usr/share/scoreboard-mqtt/web >publisher.log 2>&1 &
	publisher=$!
	reached=no
	while read -r score; do
		echo "score $score"
		[ "$score" -lt 10 ] || { reached=yes; break; }
	done < <(mosquitto_sub -h 127.0.0.1 -W 120 -t scoreboard/team/1/score)
	[ $reached = yes ] &&
		curl -sf http://127.0.0.1:8080/readyz && curl -sf http://127.0.0.1:8080/ | grep -q "<title" && curl -sf http://127.0.0.1:8080/metrics |
		grep ^scoreboard_publisher_info || { tail -n 20 mosquitto.log publisher.log; exit 1; }
	kill $publisher && wait $publisher && kill $broker && wait $broker || { echo "they do not end well"; tail -n 5 mosquitto.log publisher.log; exit 1; }'

in_builder() { in_chroot "$builder" "$PWD:/src" "$PWD/$root:/arm64" "/proc:/arm64/proc" "$PWD:/arm64/src" -- "$@"; }
build_tests() {
	make_builder "$release" arm64
	apt_in "$builder" libcunit1-dev:arm64
	apt_in "$root" libcunit1
	# what add_test() runs, it runs by this: in the other machine, at the same place
	# shellcheck disable=SC2016 # nproc is the builder's
	in_builder sh -c 'cmake -S /src -B /src/build/arm64 -DWERROR=ON -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
		-DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DPKG_CONFIG_EXECUTABLE=/usr/bin/aarch64-linux-gnu-pkg-config \
		"-DCMAKE_CROSSCOMPILING_EMULATOR=chroot;/arm64;env;-C;/src" && cmake --build /src/build/arm64 -j "$(nproc)"' >"$root.log" 2>&1 ||
		{ grep -E 'error|warning' "$root.log" | head -n 20; die "the tests do not build, see $root.log"; }
}

tell_kernel
[ "${SB_PACKAGES:-}" = built ] || ./package --release "$release" --arch arm64 || die "./package fails"
install_packages_there
say "installed"
in_chroot "$root" "$PWD:/src" -- unshare --net --pid --fork --kill-child bash -c "$mirror_a_game" || die "the game is not mirrored"
say "a game is mirrored"
build_tests
say "the tests are built"
# planning is a script, for this machine's processor; and QEMU has no SO_COOKIE, by which the watch over newcomers tells connections apart
in_builder ctest --test-dir /src/build/arm64 --output-on-failure --repeat after-timeout:3 -j "$(nproc)" -R "${SB_TESTS:-^(unit|fuzz)/}" -E '^unit/(planning|plugin_newcomers)$' ||
	die "tests fail"
say "the tests pass"
