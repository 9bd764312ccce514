# Sourced by machine.sh: firewalls that an administrator has, nftables and ufw. Needs on_box(), wait_until(), fail(), step(), $state, $box.
# A unit of the administrator's listens on 7777, which his rules let in, and on 7778, which they do not.

reaches() { ip netns exec fan timeout 1 bash -c 'exec 3<>"/dev/tcp/$0/$1"' $box "$1" 2>/dev/null; } # PORT
check_reach() { # OPEN-PORTS CLOSED-PORTS WHEN
	local port
	for port in $1; do wait_until 10 reaches "$port" || fail "$3: the fan does not reach port $port"; done
	for port in $2; do ! reaches "$port" || fail "$3: the fan reaches port $port"; done
}

start_other() {
	on_box 'nft delete table inet filter 2>/dev/null # of faults.sh
		printf "listener 7777\nlistener 7778\nallow_anonymous true\n" >other.conf
		printf "[Service]\nExecStart=/usr/sbin/mosquitto -c /root/other.conf\n[Install]\nWantedBy=multi-user.target\n" >/etc/systemd/system/other.service
		systemctl enable -q --now other'
}
stop_other() { on_box 'systemctl disable -q --now other; rm /etc/systemd/system/other.service other.conf; systemctl daemon-reload'; }

nft_before=''
nft_rules() { on_box 'nft list ruleset; cat /etc/nftables.conf'; }

# Rules of iptables, which go through nftables, too: saved and restored ours let in no more than before. A /etc/nftables.conf that does not make their tables stays as it is.
check_iptables() {
	local before
	before=$(on_box 'cat /etc/nftables.conf')
	on_box 'for way in "-i lo" "-m conntrack --ctstate ESTABLISHED" "-p tcp --dport 7777"; do iptables -A INPUT $way -j ACCEPT; done; iptables -P INPUT DROP' >"$state/iptables.log" 2>&1
	check_reach 7777 '8080 9001 1883 7778' 'iptables before setup'
	on_box 'scoreboard-setup --yes' >"$state/iptables.log" 2>&1
	grep -q '/etc/nftables.conf does not make these tables' "$state/iptables.log" || fail "not said who makes iptables' tables: $(cat "$state/iptables.log")"
	[ "$(on_box 'cat /etc/nftables.conf')" = "$before" ] || fail "nftables.conf is not as it was"
	on_box 'iptables-save >rules && iptables -F INPUT && iptables-restore <rules' >"$state/iptables.log" 2>&1 || { cat "$state/iptables.log"; fail "iptables does not take its rules again"; }
	check_reach '7777 8080 9001 1883' 7778 'iptables, saved and restored'
	on_box '. /usr/share/scoreboard-mqtt/setup/ports.sh; close_ports; iptables -P INPUT ACCEPT; iptables -F INPUT; rm rules'
}

# Leaves nftables on, for check_nftables_after_restart().
check_nftables() {
	on_box "apt-get install -y nftables
		printf '%s\n' '#!/usr/sbin/nft -f' 'flush ruleset' 'table inet filter {' 'chain input {' 'type filter hook input priority 0; policy drop;' \
			'iif lo accept' 'ct state established accept' 'tcp dport { 22, 7777 } accept' '}' >/etc/nftables.conf
		printf '}' >>/etc/nftables.conf # without an end of its last line
		systemctl enable -q nftables && systemctl restart nftables" >"$state/nftables.log" 2>&1 || { tail -n 3 "$state/nftables.log"; fail "no nftables"; return 1; }
	nft_before=$(nft_rules)
	check_reach 7777 '8080 9001 1883 7778' 'nftables before setup'
	on_box 'scoreboard-setup --yes' >"$state/nftables.log" 2>&1
	grep -q 'Opening TCP 8080,9001,1883 in nftables' "$state/nftables.log" || fail "not said that ports are opened: $(cat "$state/nftables.log")"
	check_reach '7777 8080 9001 1883' 7778 'nftables after setup'
	on_box 'scoreboard-setup --yes' >"$state/nftables.log" 2>&1
	[ "$(nft_rules | grep -c 'scoreboard-setup')" = 4 ] || fail "a second time adds rules: $(nft_rules)"
	step "ufw and nftables let people in"
}

check_nftables_after_restart() {
	check_reach '7777 8080 9001 1883' 7778 'nftables after a restart'
}

# --remove leaves the administrator's rules as they were.
check_remove() {
	on_box 'scoreboard-setup --remove --yes' >"$state/nftables.log" 2>&1 || { cat "$state/nftables.log"; fail "--remove fails"; }
	[ "$(nft_rules)" = "$nft_before" ] || fail "--remove leaves other rules: $(diff <(echo "$nft_before") <(nft_rules))"
	on_box 'systemctl disable -q --now nftables; nft flush ruleset; rm /etc/nftables.conf'
	stop_other
}

ufw_rules() { on_box 'ufw status' | grep -v '(v6)'; }
check_ufw() {
	local before
	on_box 'apt-get install -y ufw && ufw allow 7777/tcp && ufw allow 9001/tcp && ufw --force enable' >"$state/ufw.log" 2>&1 || { tail -n 3 "$state/ufw.log"; fail "no ufw"; return 1; }
	before=$(ufw_rules)
	check_reach '7777 9001' '8080 1883 7778' 'ufw before setup'
	on_box 'scoreboard-setup --check' >"$state/ufw.log" 2>&1
	grep -A 1 '^FAULT .*ufw refuses port 8080' "$state/ufw.log" | grep -q 'do: ufw allow 8080/tcp' || fail "--check does not see that ufw refuses: $(cat "$state/ufw.log")"
	on_box 'LANG=fr_FR.UTF-8 LANGUAGE=fr scoreboard-setup --yes' >"$state/ufw.log" 2>&1 # in which ufw is "actif"
	grep -q 'Opening TCP 8080,9001,1883 in ufw' "$state/ufw.log" || fail "not said that ports are opened: $(cat "$state/ufw.log")"
	check_reach '7777 8080 9001 1883' 7778 'ufw after setup'
	on_box 'scoreboard-setup --check' >"$state/ufw.log" 2>&1 || fail "ufw is open, and --check finds a fault: $(cat "$state/ufw.log")"
	on_box '. /usr/share/scoreboard-mqtt/setup/ports.sh; close_ports'
	[ "$(ufw_rules)" = "$before" ] || fail "ufw's rules are not taken back: $(diff <(echo "$before") <(ufw_rules))"
	check_reach '7777 9001' '8080 1883 7778' 'ufw, taken back'
	on_box 'ufw --force disable' >"$state/ufw.log" 2>&1
}
