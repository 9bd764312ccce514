# Sourced by scoreboard-setup: opens the ports that people come to, where ufw or nftables refuses them. Needs ${answer[@]}, has_domain(), is_server(), $etc.

nft_main=/etc/nftables.conf
nft_include="include \"/etc/scoreboard-mqtt/ports.nft\" # scoreboard-setup"

# With commas: of people, and of what else connects.
ports_wanted() {
	local ports=8080,9001
	! has_domain || ports=80,443,8883
	# displays at the rink; without a domain also the rink's publisher
	is_server && has_domain || ports+=,1883
	echo "$ports"
}

# Who listens at a port.
holder_of() { ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)".*/\1/p' | head -n 1; } # PORT

ufw_runs() { command -v ufw >/dev/null && grep -q '^Status: active' <<<"$(ufw status 2>/dev/null)"; }

ufw_allows() { grep -qE "^$1(/tcp)? +ALLOW +(IN +)?Anywhere" <<<"$(ufw status 2>/dev/null)"; } # PORT

# Chains that look at what comes in and let through only what they name: FAMILY TABLE CHAIN.
nft_closed_chains() {
	command -v nft >/dev/null || return 0
	nft list ruleset 2>/dev/null | awk '
		$1 == "table" { family = $2; table = $3 }
		$1 == "chain" { chain = $2; hooked = 0; closed = 0 }
		/hook input/ { hooked = 1; if (/policy drop/) closed = 1 }
		hooked && /^[ \t]*(drop|reject|counter .*(drop|reject))/ { closed = 1 }
		/^\t}/ { if (hooked && closed && (family == "inet" || family == "ip" || family == "ip6")) print family, table, chain; hooked = 0 }'
}

open_ufw() {
	local port
	close_ufw
	# what the administrator has allowed is not ours to take back later
	for port in $(ports_wanted | tr ',' ' '); do ufw_allows "$port" || ufw allow "$port/tcp" comment scoreboard-setup >/dev/null; done
}

close_ufw() {
	local n
	while n=$(ufw status numbered 2>/dev/null | sed -n 's/^\[ *\([0-9]*\)\].*# scoreboard-setup$/\1/p' | head -n 1) && [ -n "$n" ]; do
		ufw --force delete "$n" >/dev/null || break
	done
}

# Rules of ours are known by their comment.
close_nft() {
	local family table chain handle
	command -v nft >/dev/null || return 0
	[ ! -e "$nft_main" ] || ! grep -qF "$nft_include" "$nft_main" || sed -i --follow-symlinks '/# scoreboard-setup$/d' "$nft_main"
	rm -f "$etc/ports.nft"
	nft -a list ruleset 2>/dev/null | awk '
		$1 == "table" { family = $2; table = $3 }
		$1 == "chain" { chain = $2 }
		/comment "scoreboard-setup"/ { print family, table, chain, $NF }' |
		while read -r family table chain handle; do nft delete rule "$family" "$table" "$chain" handle "$handle"; done
}

open_nft() { # CHAINS, each FAMILY TABLE CHAIN in a line
	local family table chain port
	close_nft
	while read -r family table chain; do
		# one for each port: iptables-save writes a rule with a set of ports as one that takes all of them
		for port in $(ports_wanted | tr ',' ' '); do echo "insert rule $family $table $chain tcp dport $port accept comment \"scoreboard-setup\""; done
	done <<<"$1" >"$etc/ports.nft"
	nft -f "$etc/ports.nft"
	[ -e "$nft_main" ] || return 0
	# after a restart of the machine: nothing is there then but what this file makes, and one line that fails would take all of it along
	if { echo 'flush ruleset'; cat "$nft_main"; echo; echo "$nft_include"; } | (cd / && nft -c -f -) 2>/dev/null; then
		[ -z "$(tail -c 1 "$nft_main")" ] || echo >>"$nft_main"
		echo "$nft_include" >>"$nft_main"
	else
		echo "  $nft_main does not make these tables: after a restart of the machine what makes them must let the ports in, or: nft -f $etc/ports.nft"
	fi
}

open_ports() {
	local chains
	chains=$(nft_closed_chains)
	if ufw_runs; then
		say "Opening TCP $(ports_wanted) in ufw"
		open_ufw
	elif [ -n "$chains" ]; then
		say "Opening TCP $(ports_wanted) in nftables"
		open_nft "$chains"
	fi
}

close_ports() {
	! ufw_runs || close_ufw
	close_nft
}
