# Sourced by scoreboard-setup --check: looks at what a person would look at, and says each thing in a line; of a fault also the one thing to do.
# A check that cannot tell says nothing. Needs ${answer[@]}, has_domain(), is_server(), is_relayed(), own_address(), handshake_status(), page_address(), ports_wanted(), holder_of(), is_pair(), ufw_runs(), ufw_allows(), nft_closed_chains(), $etc.

faults=0
good() { printf 'ok     %s\n' "$*"; }
bad() { # WHAT. DO
	printf 'FAULT  %s\n       do: %s\n' "$1" "$2"
	faults=$((faults + 1))
}
reads_as_mosquitto() { runuser -u mosquitto -- test -r "$1"; }
# What a unit said before it ended, without what systemd and Mosquitto say of every end.
last_words() {
	journalctl -u "$1" -n 20 --no-pager -o cat 2>/dev/null |
		grep -vE '^(Starting|Started|Stopped|Stopping|Failed|.*\.service: )|Plugin returned|terminating$|Unable to|Exiting' | tail -n 1
}
listens() { ss -Hltn "sport = :$1" 2>/dev/null | awk '{ print $4 }'; } # ADDRESS:PORT
listens_to_all() { listens "$1" | grep -qvE '^(127\.|\[::1\])'; }
answers() { timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; }

check_setup() {
	[ -e "$etc/setup.conf" ] && { good "configured: ${answer[kind]}, ${answer[viewers]} viewers, domain ${answer[domain]}"; return; }
	bad "this machine is not configured" "scoreboard-setup"
	exit 1
}

check_versions() {
	local versions mosquitto
	versions=$(dpkg-query -W -f '${Version}\n' scoreboard-publisher mosquitto-plugin-scoreboard scoreboard-web scoreboard-mqtt 2>/dev/null | sort -u)
	[ "$(wc -l <<<"$versions")" = 1 ] && good "version $versions" || bad "the packages are of different versions: ${versions//$'\n'/, }" "apt install scoreboard-publisher mosquitto-plugin-scoreboard scoreboard-web, of one build"
	mosquitto=$(mosquitto -h 2>/dev/null | sed -n 's/^mosquitto version \([0-9.]*\).*/\1/p')
	if dpkg --compare-versions "${mosquitto:-0}" ge 2.0.11; then good "Mosquitto $mosquitto"; else bad "Mosquitto ${mosquitto:-cannot be run}: the plugin needs 2.0.11" "apt install mosquitto, of Debian 12 or later"; fi
}

# What was written a day after now was written by another clock.
check_clock() {
	local late=$(($(date +%s) + 86400)) newest
	newest=$(stat -c %Y "$etc"/* 2>/dev/null | sort -n | tail -n 1)
	if [ "${newest:-0}" -gt "$late" ]; then
		bad "the clock says $(date +%F), and files were written later than that" "timedatectl set-time '2026-01-31 18:00:00', as it is now; or apt install systemd-timesyncd"
	elif [ "$(timedatectl show -p CanNTP --value 2>/dev/null)" = yes ] && [ "$(timedatectl show -p NTP --value 2>/dev/null)" = no ]; then
		bad "nobody sets the clock" "timedatectl set-ntp true"
	else
		good "the clock: $(date '+%F %T')"
	fi
}

check_disk() {
	local folder free
	for folder in /var/lib /var/log /etc; do
		free=$(df --output=avail -m "$folder" 2>/dev/null | tail -n 1)
		[ "${free:-0}" -ge 100 ] || { bad "the disk of $folder is full: $((free)) MB are free" "journalctl --vacuum-size=100M; then look with: du -xhd 2 /var"; return; }
	done
	good "disk"
}

check_memory() { # 8 kB for a viewer over WebSockets, and what the parts have themselves
	local total need=$((400 + answer[viewers] * 8 / 1024))
	total=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
	[ "$total" -ge "$need" ] && good "memory" || bad "$total MB of memory are few for ${answer[viewers]} viewers" "a machine with $need MB, or scoreboard-setup --viewers with fewer"
}

check_files() {
	local file
	for file in passwd token.key policy.json; do
		if [ ! -e "$etc/$file" ]; then
			bad "$etc/$file is missing" "$([ $file = policy.json ] && echo 'apt install --reinstall -o Dpkg::Options::=--force-confmiss mosquitto-plugin-scoreboard' || echo scoreboard-setup)"
		elif ! reads_as_mosquitto "$etc/$file"; then
			bad "Mosquitto may not read $etc/$file" "$([ $file = policy.json ] && echo "chmod 644 $etc/$file" || echo "chgrp mosquitto $etc/$file; chmod 640 $etc/$file")"
		else
			good "$etc/$file"
		fi
	done
	[ -s "$etc/publisher.password" ] && good "$etc/publisher.password" || bad "$etc/publisher.password is missing" "scoreboard-setup"
	[ "$(stat -c %a "$etc/publisher.password" 2>/dev/null || echo 600)" = 600 ] || bad "others can read $etc/publisher.password" "chmod 600 $etc/publisher.password"
}

check_configuration() {
	local plugin said
	plugin=$(sed -n 's/^plugin //p' /etc/mosquitto/conf.d/scoreboard.conf 2>/dev/null || true)
	if [ -z "$plugin" ]; then
		bad "Mosquitto is not told of the plugin: /etc/mosquitto/conf.d/scoreboard.conf" "scoreboard-setup"
	elif [ ! -e "$plugin" ]; then
		bad "the plugin $plugin is missing" "apt install --reinstall mosquitto-plugin-scoreboard"
	else
		good "the plugin"
	fi
	if said=$(scoreboard-publisher --config "$etc/publisher.conf" --check-config 2>&1); then
		good "$etc/publisher.conf"
	else
		bad "$(head -n 1 <<<"$said")" "editor $etc/publisher.conf; systemctl restart scoreboard-publisher"
	fi
}

check_port() { # PORT PROGRAM: another one has it
	local holder
	holder=$(holder_of "$1")
	[ -z "$holder" ] || [ "$holder" = "$2" ] || { bad "port $1 is taken by $holder" "end it (ss -ltnp 'sport = :$1' says which), then: systemctl restart ${3:-$2}"; return 1; }
}

check_unit() { # UNIT PORT... : PROGRAM is what holds its ports
	local unit=$1 program=$2 port enabled
	shift 2
	if ! systemctl is-active -q "$unit"; then
		for port in "$@"; do check_port "$port" "$program" "$unit" || return 0; done
		bad "$unit does not run: $(last_words "$unit")" "mend that, then: systemctl restart $unit"
	else
		enabled=$(systemctl is-enabled "$unit" 2>/dev/null || true)
		[ "$enabled" = enabled ] && good "$unit runs" || bad "$unit runs, but will not after a restart of the machine" "systemctl enable $unit"
	fi
}

check_open_files() { # each viewer is one
	local pid limit
	pid=$(systemctl show -p MainPID --value mosquitto)
	[ "${pid:-0}" != 0 ] || return 0
	limit=$(awk '/^Max open files/ { print $4 }' "/proc/$pid/limits")
	[ "$limit" = unlimited ] || [ "$limit" -ge $((answer[viewers] + 200)) ] ||
		{ bad "Mosquitto may have $limit files open: too few for ${answer[viewers]} viewers" "scoreboard-setup writes LimitNOFILE; what else sets it says: systemctl cat mosquitto"; return; }
	good "open files: $limit"
}

# HOST and PORT of a ws:// or wss:// address.
scoreboard_host() { sed -E 's#^wss?://##; s#[/?].*##; s#:[0-9]+$##; s#^\[(.*)\]$#\1#' <<<"${answer[scoreboard]}"; }
scoreboard_port() {
	local port
	port=$(sed -nE 's#^wss?://[^/?]*:([0-9]+)([/?].*)?$#\1#p' <<<"${answer[scoreboard]}")
	[ -n "$port" ] || case ${answer[scoreboard]} in wss:*) port=443 ;; *) port=80 ;; esac
	echo "$port"
}

check_scoreboard() {
	local url=${answer[scoreboard]}
	! is_server && ! is_relayed || return 0
	if ! answers "$(scoreboard_host)" "$(scoreboard_port)"; then
		bad "no scoreboard answers at $url" "start it, and see that its machine's firewall lets port $(scoreboard_port) in; or name the address that it shows: scoreboard-setup --scoreboard HOST, or find, which looks for it"
		return
	fi
	[ "$(handshake_status "http${url#ws}")" = 101 ] && good "the scoreboard answers at $url" || bad "what answers at $url is no CRG scoreboard" "name its address: scoreboard-setup --scoreboard HOST"
}

check_ready() {
	local said
	said=$(curl -sm 3 http://127.0.0.1:8080/readyz || true)
	if [ "${said%%[[:space:]]*}" = ready ]; then
		good "live"
	elif systemctl is-active -q scoreboard-publisher; then
		bad "not live: ${said:-the publisher does not answer on port 8080}" "$(ready_advice "$said")"
	fi
}

ready_advice() { # WHAT /readyz SAYS
	case $1 in
	*'the broker refused us'*) echo 'touch /etc/scoreboard-mqtt/publisher.password; scoreboard-setup, which tells the broker of this password' ;;
	*) echo "journalctl -u scoreboard-publisher -n 20 says more" ;;
	esac
}

check_reach() { # do phones reach what they need
	local port
	has_domain || [ "$(own_address)" != 127.0.0.1 ] || bad "this machine has no address in a network" "plug it in, or: nmcli device wifi connect NAME --ask"
	for port in $(ports_wanted | tr ',' ' '); do
		[ -n "$(listens "$port")" ] || continue # the unit is told above
		listens_to_all "$port" && good "port $port" || bad "port $port is for this machine alone: phones don't reach it" "scoreboard-setup writes the addresses again"
	done
}

check_firewall() {
	local port chains
	if ufw_runs; then
		for port in $(ports_wanted | tr ',' ' '); do
			ufw_allows "$port" || { bad "ufw refuses port $port" "ufw allow $port/tcp"; return; }
		done
		good "ufw"
	else
		chains=$(nft_closed_chains)
		[ -n "$chains" ] || return 0
		nft list ruleset | grep -q 'comment "scoreboard-setup"' && good "nftables" || bad "nftables refuses ports $(ports_wanted)" "scoreboard-setup opens them"
	fi
}

check_certificate() {
	local file=$etc/tls/chain.pem key=$etc/tls/key.pem end
	has_domain || return 0
	if ! openssl x509 -noout -in "$file" 2>/dev/null; then
		bad "there is no certificate in $file" "scoreboard-setup"
	elif ! is_pair "$file" "$key"; then
		bad "the key $key is not that of the certificate" "scoreboard-setup --certificate FILE --key FILE, of one pair"
	elif ! openssl x509 -noout -checkhost "${answer[domain]}" -in "$file" | grep -q 'does match'; then
		bad "the certificate is not for ${answer[domain]}" "scoreboard-setup --certificate FILE --key FILE"
	elif lacks_chain "$file"; then
		bad "the certificate comes alone: displays and some browsers don't trust it without those between" "append your authority's chain to $(readlink -f "$file"); then: systemctl reload scoreboard-nginx"
	else
		end=$(openssl x509 -noout -enddate -in "$file" | cut -d= -f2)
		if ! openssl x509 -noout -checkend 0 -in "$file" >/dev/null; then
			bad "the certificate has expired: $end" "$(renewal_advice)"
		elif ! openssl x509 -noout -checkend 1209600 -in "$file" >/dev/null; then
			bad "the certificate expires soon: $end" "$(renewal_advice)"
		else
			good "the certificate, until $end"
		fi
	fi
}

# A certificate that says where its issuer's is, while the file does not have that, and no root of the system has issued it.
lacks_chain() { # FILE
	[ "$(grep -c '^-----BEGIN CERTIFICATE' "$1")" = 1 ] && openssl x509 -noout -ext authorityInfoAccess -in "$1" 2>/dev/null | grep -q 'CA Issuers' && ! openssl verify "$1" >/dev/null 2>&1
}

renewal_advice() {
	[ -n "${answer[certificate]}" ] && echo "put a new one into ${answer[certificate]}; then: systemctl reload scoreboard-nginx" || echo "certbot renew"
}

check_nginx() {
	has_domain || return 0
	local said
	said=$(nginx -t -c "$etc/nginx.conf" 2>&1) || { bad "nginx: $(grep -m 1 -E 'emerg|error' <<<"$said")" "mend that, then: systemctl restart scoreboard-nginx"; return; }
	check_unit scoreboard-nginx nginx 80 443
	getent hosts "${answer[domain]}" >/dev/null || bad "nobody knows the name ${answer[domain]}" "enter it at your provider, with this machine's address"
}

check_all() {
	[ "$(id -u)" = 0 ] || die "only root may: sudo scoreboard-setup --check"
	set +e          # what cannot be looked at does not end the looking
	set +o pipefail # and who is not read to the end has not failed
	check_setup
	check_versions
	check_clock
	check_disk
	check_memory
	check_files
	check_configuration
	check_unit mosquitto mosquitto 1883 9001
	check_open_files
	check_unit scoreboard-publisher scoreboard-publisher 8080
	check_scoreboard
	check_ready
	check_reach
	check_firewall
	check_certificate
	check_nginx
	[ "$faults" = 0 ] || { say "$faults to mend"; exit 1; }
	say "No fault found"
	echo "What this can't see is the way here: open $(page_address) on a phone. If it gets no page: $docs/install.md, \"Looking for faults\""
}
