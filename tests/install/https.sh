# Sourced by machine.sh: the machine with a name and a certificate of an authority that only this test knows, as browsers and programs of the fan see it. Needs on_box(), fault(), fail(), step(), $state, $root, $box.

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
fan_gets() { on_fan curl -sm 10 --cacert "$state/ca.pem" --resolve $name:443:$box --resolve $name:80:$box "$@"; }
handshake() { on_fan openssl s_client -connect $box:"$1" -servername $name -CAfile "$state/ca.pem" "${@:2}" </dev/null 2>&1; }
serial_seen() { handshake 443 | openssl x509 -noout -serial 2>/dev/null; }

start_https() {
	make_certificate 90
	on_box "apt-get install -y --no-install-recommends nginx-light libnginx-mod-stream; grep -q $name /etc/hosts || echo '$box $name' >>/etc/hosts" >"$state/https.log" 2>&1
	on_box "cd /etc/nginx/sites-available; cp -p default /root/default; echo '# ours' >>default
		scoreboard-setup --yes --domain $name --certificate /root/own.pem --key /root/own.key; told=\$?; mv /root/default default; exit \$told" >"$state/https.log" 2>&1 &&
		fail "an edited page of nginx is taken for Debian's"
	grep -q 'nginx serves /etc/nginx/sites-enabled/default' "$state/https.log" || fail "not said which page nginx serves"
	on_box "scoreboard-setup --yes --domain $name --certificate /root/own.pem --key /root/own.key" >"$state/https.log" 2>&1 || { tail -n 20 "$state/https.log"; fail "no https"; return 1; }
	grep -q "https://$name/" "$state/https.log" || fail "the address with https is not told"
	on_box 'scoreboard-setup --check' >"$state/check.log" || { cat "$state/check.log"; fail "https, and --check finds a fault"; }
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
	on_fan unshare --mount sh -c "mount --bind $state/hosts /etc/hosts && exec mosquitto_sub -h $name -p 8883 --cafile $state/ca.pem -t scoreboard/team/1/score -C 1 -W 10" | grep -qx 21 || fail "no MQTT over TLS"
}

# Viewers stay while nginx takes a new certificate.
check_renewal() {
	local viewers old
	old=$(serial_seen)
	on_fan env NODE_EXTRA_CA_CERTS="$state/ca.pem" node tests/install/crowd.mjs wss://$box/mqtt $name 500 <"$state/crowd-says" >"$state/crowd.log" 2>&1 &
	viewers=$!
	exec 6>"$state/crowd-says"
	wait_until 60 grep -q '^500 are in' "$state/crowd.log" || fail "the crowd does not come in: $(cat "$state/crowd.log")"
	make_certificate 90
	on_box 'systemctl reload scoreboard-nginx'
	sleep 2
	[ "$(serial_seen)" != "$old" ] || fail "the new certificate is not in use"
	says_score 22
	sleep 2
	exec 6>&-
	wait $viewers
	grep -q '^500 were in all the time, and saw 22$' "$state/crowd.log" || fail "renewal: $(tail -n 2 "$state/crowd.log")"
}

check_https() {
	echo "127.0.0.1 localhost" >"$state/hosts"
	echo "$box $name" >>"$state/hosts"
	rm -f "$state/crowd-says"
	mkfifo "$state/crowd-says"
	start_https || return
	check_protocol
	check_ways
	check_renewal
	faults_of_https
	on_box 'scoreboard-setup --yes --domain none' >"$state/https.log" 2>&1 || fail "back from https: $(tail -n 3 "$state/https.log")"
	wait_until 30 live
	step "https looked at, with a renewal under 500 viewers"
}
