# Sourced by machine.sh: a server in a data centre, a second machine that the one at the rink tells. Needs on(), on_box(), boot(), booted(), live(), restart(), wait_until(), says_score(), fan_sees(), fail(), step(), $state,
# $root, $server_root, $box, $server.

server_status() { on server 'mosquitto_sub -h 127.0.0.1 -t scoreboard/status -C 1 -W 2'; }
server_says() { server_status | grep -q "\"state\":\"$1\""; }

# Beside what the rink's machine is tried with: nobody tells it anything yet, and it waits.
start_server() {
	boot server "$server_root"
	{
		wait_until 60 booted server && on server 'apt-get install -y ./build/packages/*.deb && scoreboard-setup --yes --kind server'
	} >"$state/server-install.log" 2>&1 &
	installing=$!
}

# At the rink the words that the server has told, with a copy of the password where they say FILE.
join_server() {
	local words
	wait $installing || { tail -n 5 "$state/server.log" "$state/server-install.log"; fail "no server"; return 1; }
	grep -q "Not live yet" "$state/server-install.log" || fail "a server that is told nothing is live"
	words=$(grep -oE "scoreboard-setup --to mqtt://$server --publisher-password FILE" "$state/server-install.log") || { fail "the server does not say what to do at the rink"; return 1; }
	cp "$server_root/etc/scoreboard-mqtt/publisher.password" "$root/root/password"
	on_box "${words/FILE//root/password} --yes" >"$state/rink.log" 2>&1 || { tail -n 5 "$state/rink.log"; fail "the rink does not take the server"; return 1; }
	wait_until 30 live server || fail "the server is not live: $(on server 'curl -s http://127.0.0.1:8080/readyz')"
}

check_server() {
	join_server || return 1
	says_score 31
	fan_sees 31 && fan_sees 31 $server || fail "a fan does not see the score at the rink and at the server"
	ip netns exec fan curl -sfm 5 http://$server:8080/scoreboard/spectator.json | grep -q '"team/1/score":31' || fail "the server's pages have no score"
	on server 'scoreboard-setup --check' >"$state/check.log" 2>&1 || { cat "$state/check.log"; fail "--check of the server finds a fault"; }

	# the way to the data centre is cut, and there again
	ip link set to-server down
	says_score 32
	fan_sees 32 || fail "the rink suffers from a server that is away"
	wait_until 30 server_says offline || fail "the server does not notice that nobody tells it: $(server_status)"
	ip link set to-server up
	fan_sees 32 $server 40 || fail "the server is not told what was missed"
	wait_until 10 server_says live || fail "the server stays $(server_status)"

	restart server || return 1
	says_score 33
	fan_sees 33 $server 40 || fail "the server is not told after its restart"
	step "a server was told, cut off, restarted"
}
