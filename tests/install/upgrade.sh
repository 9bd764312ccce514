# Sourced by machine.sh: an older version is installed over this one, and this one over that; a backup, and what is restored from it. Needs on_box(), live(), wait_until(), says_score(), fan_sees(), fail(),
# step(), $state, $root, $box.

# Packages of the version before: those just built, with a lower version and other conffiles, in build/old of the machine.
make_old_packages() {
	local deb folder=$state/old version
	rm -rf "$folder" && mkdir -p "$folder" "$root/root/build/old"
	version=$(dpkg-deb -f "$debs"/scoreboard-mqtt_*.deb Version)
	for deb in "$debs"/*.deb; do
		dpkg-deb -R "$deb" "$folder/files"
		sed -i "s/$version/0.0.9/g" "$folder/files/DEBIAN/control"
		[ ! -e "$folder/files/etc/scoreboard-mqtt/policy.json" ] || echo >>"$folder/files/etc/scoreboard-mqtt/policy.json"
		[ ! -e "$folder/files/etc/scoreboard-mqtt/config.js" ] || echo '// of 0.0.9' >>"$folder/files/etc/scoreboard-mqtt/config.js"
		dpkg-deb --root-owner-group -Zgzip -z1 -b "$folder/files" "$root/root/build/old/" >/dev/null
		rm -r "$folder/files"
	done
}

# What an administrator and the scoreboard have made, which no version may touch.
kept() { on_box 'cd /etc/scoreboard-mqtt && md5sum policy.json config.js publisher.conf publisher.password passwd token.key; md5sum /var/lib/private/scoreboard-mqtt/cookie; systemctl is-enabled mosquitto scoreboard-publisher scoreboard-publisher-standby'; }
pids() { on_box 'systemctl show -p MainPID --value mosquitto scoreboard-publisher' | tr '\n' ' '; }
games() { on_box 'curl -sm 3 http://127.0.0.1:8080/scoreboard/games.json' | grep -oE '"(id|first)":("[^"]*"|[0-9]+)' | tr '\n' ' '; }
# Games are there, and what comes is written.
has_games() { [ -n "$(games)" ] && on_box 'curl -sm 3 http://127.0.0.1:8080/metrics' | grep -qx 'scoreboard_publisher_history_up 1'; }

# change_version VERSION WORDS: by apt, while a viewer watches who must see what comes after.
score=40
change_version() {
	local before watcher
	before="$(kept) $(games)" running=$(pids)
	score=$((score + 1))
	fan_sees $score "$box" 90 &
	watcher=$!
	on_box "apt-get install -y $2 </dev/null" >"$state/version.log" 2>&1 || { tail -n 5 "$state/version.log"; fail "apt does not install $1"; }
	# shellcheck disable=SC2053 # a pattern
	[[ "$(on_box 'scoreboard-setup --version')" = $1 ]] || fail "not $1, but $(on_box 'scoreboard-setup --version')"
	wait_until 30 live || fail "$1 is not live by itself: $(on_box 'curl -s http://127.0.0.1:8080/readyz')"
	wait_until 10 has_games || fail "$1 keeps no games"
	[ "$(kept) $(games)" = "$before" ] || fail "$1 has other files or games: $(diff <(echo "$before") <(echo "$(kept) $(games)"))"
	[ "$(comm -12 <(tr ' ' '\n' <<<"$running" | sort -u) <(pids | tr ' ' '\n' | sort -u) | grep -c '[0-9]')" = 0 ] || fail "$1 was not started: $running and $(pids)"
	says_score $score
	wait $watcher || fail "a viewer does not come back after $1"
	on_box 'scoreboard-setup --check' >"$state/check.log" 2>&1 || { cat "$state/check.log"; fail "$1, and --check finds a fault"; }
}

check_upgrade() {
	make_old_packages
	on_box "cd /etc/scoreboard-mqtt && echo 'history = /var/lib/scoreboard-mqtt/games.db' >>publisher.conf && echo '// ours' >>config.js && echo >>policy.json && echo ' ' >>policy.json
		systemctl restart scoreboard-publisher; systemctl reload mosquitto"
	says_score $score
	wait_until 20 has_games || fail "no game is kept: $(on_box 'journalctl -u scoreboard-publisher -n 5 --no-pager -o cat')"
	change_version 0.0.9 '--allow-downgrades -o Dpkg::Options::=--force-confold ./build/old/*.deb'
	change_version '0.1.*' '-o Dpkg::Options::=--force-confold ./build/packages/*.deb'
	step "an older version, and this one again"
}

# The commands of docs/install.md under HEADING.
lines_of() { # HEADING
	awk -v heading="$1" '/^#/ { here = $0 ~ heading } here && /^    / { sub(/^    /, ""); print }' docs/install.md
}

# The scoreboard goes on while it is copied.
check_backup() {
	local running
	backed_up=$(kept) running=$(pids)
	[ "$(lines_of 'Backup' | wc -l)" = 3 ] || fail "docs/install.md has other lines under Backup"
	on_box "set -e; apt-get install -y sqlite3; $(lines_of 'Backup')" >"$state/backup.log" 2>&1 || { tail -n 5 "$state/backup.log"; fail "no backup"; return 1; }
	[ "$(pids)" = "$running" ] || fail "the backup stops something"
	games=$(games)
	[ -n "$games" ] || fail "no games to be kept"
}

# After --remove all is lost, and comes back from the copy.
check_restore() {
	[ "$(lines_of 'Restore' | wc -l)" = 3 ] || fail "docs/install.md has other lines under Restore"
	on_box 'rm -rf /var/lib/private/scoreboard-mqtt /var/lib/scoreboard-mqtt; apt-get purge -y scoreboard-mqtt scoreboard-publisher mosquitto-plugin-scoreboard scoreboard-web
		apt-get install -y ./build/packages/*.deb' >"$state/backup.log" 2>&1
	has_games && fail "the games are not gone"
	on_box "set -e; $(lines_of 'Restore')" >"$state/backup.log" 2>&1 || { tail -n 5 "$state/backup.log"; fail "no restoring"; return 1; }
	! grep -q '^  operator  ' "$state/backup.log" || fail "restored, and there are other passwords"
	wait_until 30 live || fail "not live from the backup"
	wait_until 10 has_games || fail "no games are kept after restoring: $(on_box 'journalctl -u scoreboard-publisher -n 3 --no-pager -o cat')"
	[ "$(kept)" = "$backed_up" ] && [ "$(games)" = "$games" ] || fail "restored is something else: $(diff <(echo "$backed_up") <(kept)) $(games)"
	step "restored from a backup"
}
