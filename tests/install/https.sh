# Sourced by machine.sh: the machine with a name and a certificate, certbot's and then one of its own, of authorities that only this test knows, as browsers and programs of the fan see it.
# Needs on_box(), fault(), fail(), step(), $state, $root, $box, $rink.

name=live.league.example

# make_certificate DAYS: anew, with the next serial number, as /root/own.pem and /root/own.key of the machine; the authority is $state/ca.pem.
serial=100
make_certificate() {
	serial=$((serial + 1))
	[ -e "$state/ca.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=the authority of a test' -keyout "$state/ca.key" -out "$state/ca.pem" 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$root/root/own.key" -out "$state/request" 2>/dev/null
	openssl x509 -req -in "$state/request" -CA "$state/ca.pem" -CAkey "$state/ca.key" -set_serial $serial -days "$1" -extfile <(echo "subjectAltName=DNS:$name") \
		-out "$root/root/own.pem" 2>/dev/null
}

on_fan() { ip netns exec fan "$@"; }
ca=$state/ca.pem # of what is shown now
fan_gets() { on_fan curl -sm 10 --cacert "$ca" --resolve $name:443:$box --resolve $name:80:$box "$@"; }
handshake() { on_fan openssl s_client -connect $box:"$1" -servername $name -verify_hostname $name -CAfile "$ca" "${@:2}" </dev/null 2>&1; }
serial_seen() { handshake 443 | openssl x509 -noout -serial 2>/dev/null; }
trusted() { handshake 443 | grep -q 'Verify return code: 0'; }
# shellcheck disable=SC2016 # words of that shell
knowing=(unshare --mount sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$state/hosts") # before a program: the machine's name, which no name server has
setup_says() { on_box "scoreboard-setup --yes $1" >"$state/https.log" 2>&1; }

start_nginx() {
	on_box "apt-get install -y --no-install-recommends nginx-light libnginx-mod-stream; grep -q $name /etc/hosts || echo '$box $name' >>/etc/hosts" >"$state/https.log" 2>&1
	refused 'nginx serves /etc/nginx/sites-enabled/default' 'cd /etc/nginx/sites-available; cp -p default /root/default; echo "# ours" >>default' 'mv /root/default default'
	refused 'nginx serves /etc/nginx/nginx.conf' 'cd /etc/nginx; cp -p nginx.conf /root/; echo "# ours" >>nginx.conf' 'mv /root/nginx.conf nginx.conf'
	refused 'port 443 is taken by perl' 'systemd-run -q --unit=webserver perl -MIO::Socket::INET -e "@s=IO::Socket::INET->new(LocalPort,443,Listen,1); sleep"; timeout 20 sh -c "until ss -Hltn sport = :443 | grep -q .; do sleep 0.2; done"' 'systemctl stop webserver'
	on_box 'systemctl stop nginx' # it would be back after a restart of the machine
}

# What is somebody else's is left alone, and nothing is written.
refused() { # WHAT-IS-SAID HOW-IT-IS-MADE HOW-IT-IS-UNDONE
	on_box "$2; scoreboard-setup --yes --domain $name --certificate /root/own.pem --key /root/own.key; told=\$?; $3; exit \$told" >"$state/https.log" 2>&1 && fail "taken: $1"
	grep -q "$1" "$state/https.log" || fail "not said: $1, but $(tail -n 1 "$state/https.log")"
	on_box 'test ! -e /etc/scoreboard-mqtt/nginx.conf' || fail "written, though $1"
}

start_https() { # MORE-OPTIONS
	setup_says "--domain Live.League.Example $1" || { tail -n 20 "$state/https.log"; fail "no https"; return 1; }
	grep -q "https://$name/" "$state/https.log" || fail "the address with https is not told"
	on_box 'scoreboard-setup --check' >"$state/check.log" || { cat "$state/check.log"; fail "https, and --check finds a fault"; }
}

# --- certbot, and pebble as its authority: at the rink's address, where certbot takes it for Let's Encrypt ---

start_pebble() {
	local here=$state/pebble
	mkdir -p "$here"
	openssl req -newkey rsa:2048 -nodes -subj /CN=pebble -keyout "$here/key.pem" -out "$here/request" 2>/dev/null
	openssl x509 -req -in "$here/request" -CA "$state/ca.pem" -CAkey "$state/ca.key" -set_serial 7 -days 2 -extfile <(echo "subjectAltName=IP:$rink") -out "$here/cert.pem" 2>/dev/null
	printf '{"pebble":{"listenAddress":"%s:14000","managementListenAddress":"%s:15000","certificate":"%s","privateKey":"%s","httpPort":80,"tlsPort":443}}' $rink $rink "$here/cert.pem" "$here/key.pem" >"$here/config.json"
	PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 ip netns exec rink "${knowing[@]}" pebble -config "$here/config.json" >"$here/log" 2>&1 &
	pebble=$!
	on_fan curl -s --retry 20 --retry-connrefused --retry-delay 1 --cacert "$state/ca.pem" https://$rink:15000/roots/0 >"$state/pebble.pem"
	cp "$state/ca.pem" "$root/usr/local/share/ca-certificates/test.crt"
	on_box "apt-get install -y --no-install-recommends certbot && update-ca-certificates && mkdir -p /etc/letsencrypt && echo 'server = https://$rink:14000/dir' >>/etc/letsencrypt/cli.ini" >"$state/https.log" 2>&1
}

check_certbot() {
	command -v pebble >/dev/null || { echo "machine: pebble is not installed, and certbot is not tried"; return; }
	start_pebble
	ca=$state/pebble.pem
	start_https '--email us@league.example' && {
		[ "$(on_box 'systemctl is-enabled nginx')" = disabled ] || fail "Debian's nginx is there again after a restart"
		trusted || fail "certbot's certificate is not shown: $(tail -n 3 "$state/https.log")"
		check_protocol
		check_renewal 'certbot renew -q --force-renewal --no-random-sleep-on-renew'
		on_box 'scoreboard-setup --check' >"$state/check.log" || { cat "$state/check.log"; fail "renewed, and --check finds a fault"; }
		on_box 'systemctl is-enabled -q certbot.timer' || fail "nobody renews it"
	}
	kill $pebble
	ca=$state/ca.pem
}

check_protocol() {
	local port
	for port in 443 8883; do
		[ $port = 443 ] || on_box 'ss -Hltn "sport = :8883"' | grep -q . || { fail "nothing listens on 8883"; continue; }
		handshake $port -tls1_3 | grep -q 'Verify return code: 0' || fail "$port: no TLS 1.3"
		handshake $port -tls1_2 | grep -q 'Verify return code: 0' || fail "$port: no TLS 1.2"
		! handshake $port -tls1_1 -cipher 'DEFAULT:@SECLEVEL=0' | grep -q 'Cipher is [A-Z]' || fail "$port: TLS 1.1 is taken"
		! handshake $port -tls1_2 -cipher 'AES128-SHA:AES256-SHA:AES128-GCM-SHA256' | grep -q 'Cipher is [A-Z]' || fail "$port: a cipher without forward secrecy is taken"
	done
	fan_gets -o /dev/null -w '%{http_version} %{http_code}' https://$name/ | grep -q '^2 200$' || fail "no HTTP/2"
	fan_gets -o /dev/null -D - https://$name/ | grep -qi '^strict-transport-security: max-age=' || fail "no HSTS"
	fan_gets -o /dev/null -w '%{http_code} %{redirect_url}' "http://$name/?x=1" | grep -qF "301 https://$name/?x=1" || fail "http does not lead to https"
}

check_ways() { # over 443: polling, Server-Sent Events, WebSockets; on 8883 MQTT
	says_score 21
	on_fan env NODE_EXTRA_CA_CERTS="$state/ca.pem" node tests/install/viewer.mjs wss://$box/mqtt scoreboard/team/1/score 21 20 $name || fail "no score over wss"
	fan_gets https://$name/scoreboard/spectator.json | grep -q '"seq"' || fail "no polling over https"
	fan_gets -N -m 3 https://$name/scoreboard/spectator/events | grep -q '^event: ' || fail "no Server-Sent Events over https"
	on_fan "${knowing[@]}" mosquitto_sub -h $name -p 8883 --cafile "$state/ca.pem" -t scoreboard/team/1/score -C 1 -W 10 | grep -qx 21 || fail "no MQTT over TLS"
}

# Viewers stay while nginx takes a new certificate, which COMMAND brings.
check_renewal() {
	local viewers old
	old=$(serial_seen)
	rm -f "$state/crowd-says"
	mkfifo "$state/crowd-says"
	on_fan env NODE_EXTRA_CA_CERTS="$ca" node tests/install/crowd.mjs wss://$box/mqtt $name 500 <"$state/crowd-says" >"$state/crowd.log" 2>&1 &
	viewers=$!
	exec 6>"$state/crowd-says"
	wait_until 60 grep -q '^500 are in' "$state/crowd.log" || fail "the crowd does not come in: $(cat "$state/crowd.log")"
	on_box "$1" >"$state/https.log" 2>&1 || fail "$1: $(tail -n 3 "$state/https.log")"
	wait_until 10 another_than "$old" || fail "the new certificate is not in use"
	trusted || fail "the new certificate is not good"
	score=$((score + 1))
	says_score $score
	wait_until 20 grep -q "^all have $score" "$state/crowd.log"
	exec 6>&-
	wait $viewers
	grep -q "^500 were in all the time, and saw $score\$" "$state/crowd.log" || fail "renewal: $(tail -n 2 "$state/crowd.log")"
}
score=40
another_than() { [ -n "$(serial_seen)" ] && [ "$(serial_seen)" != "$1" ]; }

# The machine as a server: the publisher at the rink tells it over 8883, and only where the certificate is that of the name that it was given.
check_tls_server() {
	setup_says '--kind server' || { tail -n 5 "$state/https.log"; fail "no server"; return; }
	rink_tells mqtts://$name "$state/ca.pem" || fail "the server is not told by MQTT over TLS: $(tail -n 3 "$state/rink.log")"
	wait_until 10 pages_say $score || fail "the server's pages don't say what the rink does"
	rink_tells mqtts://$name "$state/stranger.pem" 'its certificate is not trusted' && fail "a server of another authority is told"
	rink_tells mqtts://$box "$state/ca.pem" 'its certificate is for another name' && fail "a server of another name is told"
	setup_says '--kind rink' || fail "back from a server"
}

pages_say() { fan_gets https://$name/scoreboard/spectator.json | grep -q "\"team/1/score\":$1[,}]"; }

rink_tells() { # BROKER CA-FILE [WHY-NOT]
	local told=0
	score=$((score + 1))
	says_score $score
	# with the machine's own libraries, whose release may be another than that of who tests
	ip netns exec rink "${knowing[@]}" "$root"/lib/*-linux-gnu/ld-linux-*.so.* --library-path "$(echo "$root"/usr/lib/*-linux-gnu)" "$root/usr/bin/scoreboard-publisher" --source ws://$rink:8000/WS/ --broker "$1" --ca-file "$2" --user publisher --state-file none \
		--password-file "$root/etc/scoreboard-mqtt/publisher.password" --schema "$root/usr/share/scoreboard-mqtt/schema/crg.json" >"$state/rink.log" 2>&1 &
	[ -z "${3:-}" ] || wait_until 10 grep -q "TLS: $3" "$state/rink.log" || fail "not said: $3, but $(tail -n 1 "$state/rink.log")"
	on_fan env NODE_EXTRA_CA_CERTS="$ca" node tests/install/viewer.mjs wss://$box/mqtt scoreboard/team/1/score $score "$([ -n "${3:-}" ] && echo 2 || echo 10)" $name >/dev/null || told=1
	kill $!
	return $told
}

check_https() {
	echo "127.0.0.1 localhost" >"$state/hosts"
	echo "$box $name" >>"$state/hosts"
	make_certificate 90
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=somebody else' -keyout "$state/stranger.key" -out "$state/stranger.pem" 2>/dev/null
	start_nginx
	check_certbot
	start_https "--certificate /root/own.pem --key /root/own.key" || return
	check_protocol
	check_ways
	make_certificate 90
	check_renewal 'systemctl reload scoreboard-nginx'
	faults_of_https
	check_tls_server
	on_box 'scoreboard-setup --yes --domain none' >"$state/https.log" 2>&1 || fail "back from https: $(tail -n 3 "$state/https.log")"
	! command -v pebble >/dev/null || grep -qF "certbot delete --cert-name $name" "$state/https.log" || fail "not said that certbot goes on"
	wait_until 30 live
	step "https looked at, with certbot and renewals under 500 viewers"
}
