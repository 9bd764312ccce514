# Sourced by machine.sh: the faults that scoreboard-setup --check must find, each with how it is made and undone on a machine that is live. Needs fault(), $rink.

etc=/etc/scoreboard-mqtt

faults_of_the_machine() {
	fault 'clock off' 'the clock says' "touch -d '3 days' $etc/token.key" "touch $etc/token.key"
	fault 'disk full' 'the disk of /var/log is full' 'mount -t tmpfs -o size=1m tmpfs /var/log' 'umount /var/log'
	fault 'no address' 'no address in a network' 'ip address flush dev host0' "ip address add 192.168.1.10/24 dev host0"
	fault 'too few megabytes' 'MB of memory are few' \
		"awk '/^MemTotal/ { \$2 = 300000 } { print }' /proc/meminfo >/root/meminfo; mount --bind /root/meminfo /proc/meminfo" 'umount /proc/meminfo'
	fault 'old Mosquitto' 'Mosquitto 2.0.10: the plugin needs 2.0.11' \
		'printf "#!/bin/sh\necho mosquitto version 2.0.10\n" >/usr/local/sbin/mosquitto; chmod +x /usr/local/sbin/mosquitto' 'rm /usr/local/sbin/mosquitto'
}

faults_of_files() {
	fault 'passwd unreadable' "Mosquitto may not read $etc/passwd" "chmod 600 $etc/passwd" "chmod 640 $etc/passwd"
	fault 'no key for tokens' "$etc/token.key is missing" "mv $etc/token.key $etc/kept" "mv $etc/kept $etc/token.key"
	fault 'password for everybody' "others can read $etc/publisher.password" "chmod 644 $etc/publisher.password" "chmod 600 $etc/publisher.password"
	fault 'an option misspelt' 'publisher.conf:' "cp -p $etc/publisher.conf $etc/kept; echo 'sauce = x' >>$etc/publisher.conf" "mv $etc/kept $etc/publisher.conf"
	fault 'plugin gone' 'the plugin .* is missing' 'mv /usr/lib/*/mosquitto_scoreboard.so /root/' 'mv /root/mosquitto_scoreboard.so /usr/lib/*-linux-gnu/'
}

faults_of_units() {
	local dropin=/etc/systemd/system/mosquitto.service.d/zz.conf
	fault 'not after a restart' 'scoreboard-publisher runs, but will not after' 'systemctl disable scoreboard-publisher' 'systemctl enable scoreboard-publisher'
	fault 'port taken' 'port 8080 is taken by mosquitto' 'systemctl stop scoreboard-publisher; systemd-run -q --unit=other mosquitto -p 8080' \
		'systemctl stop other; systemctl start scoreboard-publisher'
	fault 'a policy that is no JSON' 'mosquitto does not run: .*policy.json' "cp -p $etc/policy.json $etc/kept; echo '{' >$etc/policy.json; systemctl restart mosquitto || true" \
		"mv $etc/kept $etc/policy.json; systemctl restart mosquitto"
	fault 'low file limit' 'Mosquitto may have 256 files open' "printf '[Service]\nLimitNOFILE=256\n' >$dropin; systemctl daemon-reload; systemctl restart mosquitto" \
		"rm $dropin; systemctl daemon-reload; systemctl restart mosquitto"
	fault 'wrong password' 'not live: .*the broker refused us' "echo another >$etc/publisher.password; systemctl restart scoreboard-publisher" \
		'scoreboard-setup --yes; systemctl restart scoreboard-publisher'
}

# The words that name another one; scoreboard-setup would wait for it.
other_scoreboard() { echo "sed -i -E '/^(scoreboard|source) *=/s/$1/$2/' $etc/setup.conf $etc/publisher.conf; systemctl restart scoreboard-publisher"; } # BEFORE NOW

faults_of_the_network() {
	fault 'wrong scoreboard address' "no scoreboard answers at ws://$rink:8001/WS/" "$(other_scoreboard $rink:8000 $rink:8001)" "$(other_scoreboard $rink:8001 $rink:8000)"
	fault 'no scoreboard but something else' 'is no CRG scoreboard' "$(other_scoreboard $rink:8000 127.0.0.1:8080)" "$(other_scoreboard 127.0.0.1:8080 $rink:8000)"
	fault 'pages for this machine alone' 'port 8080 is for this machine alone' "sed -i 's/^http = .*/http = 127.0.0.1:8080/' $etc/publisher.conf; systemctl restart scoreboard-publisher" \
		'scoreboard-setup --yes'
	fault 'a firewall' 'nftables refuses ports 8080,9001,1883' \
		"apt-get install -y nftables >/dev/null; nft 'add table inet filter; add chain inet filter input { type filter hook input priority 0; policy drop; }; add rule inet filter input iif lo accept; add rule inet filter input ct state established accept'" \
		'scoreboard-setup --yes'
}

# The words that make a certificate of the same name and key that ended in 2020; only `openssl ca` takes dates.
of_2020() {
	cat <<'TEXT'
mkdir -p ca && cd ca && : >db && echo 01 >serial
printf '%s\n' '[ca]' 'default_ca=c' '[c]' 'database=db' 'new_certs_dir=.' 'serial=serial' 'default_md=sha256' 'policy=p' '[p]' 'commonName=supplied' \
	'[e]' 'subjectAltName=DNS:live.league.example' >conf
openssl req -new -key /root/own.key -subj /CN=live.league.example -out request
openssl ca -batch -notext -selfsign -keyfile /root/own.key -in request -config conf -extensions e -startdate 20200101000000Z -enddate 20200201000000Z -out /root/own.pem
TEXT
}

# On a machine with https (https.sh).
faults_of_https() {
	local key=/root/own.key own=/root/own.pem
	fault 'certificate expired' 'the certificate has expired' "cp $own $own.kept; $(of_2020)" "mv $own.kept $own"
	fault 'certificate of another name' 'the certificate is not for live.league.example' \
		"cp $own $own.kept; openssl req -x509 -key $key -days 90 -subj /CN=other.example -addext subjectAltName=DNS:other.example -out $own" "mv $own.kept $own"
	fault 'certificate without those between' 'the certificate comes alone' \
		"cp $own $own.kept; openssl req -x509 -key $key -days 90 -subj /CN=live.league.example -addext subjectAltName=DNS:live.league.example -addext 'authorityInfoAccess=caIssuers;URI:http://ca.example/' -out $own" "mv $own.kept $own"
	fault 'another key' 'is not that of the certificate' "cp $key $key.kept; openssl genrsa -out $key 2048" "mv $key.kept $key"
	fault 'nginx stopped' 'scoreboard-nginx does not run' 'systemctl stop scoreboard-nginx' 'systemctl start scoreboard-nginx'
}

finds_nothing() { on_box 'scoreboard-setup --check' >"$state/check.log" 2>&1; }

provoke_faults() {
	wait_until 20 finds_nothing || { cat "$state/check.log"; fail "--check finds a fault where there is none"; }
	faults_of_the_machine
	faults_of_files
	faults_of_units
	faults_of_the_network
	wait_until 30 live
	wait_until 20 finds_nothing || { cat "$state/check.log"; fail "--check finds a fault when all are undone"; }
}
