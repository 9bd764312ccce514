#!/bin/bash
# files.sh - what is installed, by the tools that know it: units (systemd-analyze: are they right, and how exposed), nginx and HAProxy with the files that they are given; and what
# scoreboard-setup makes of its answers. A tool that is not there is named. 0 passed, 1 failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failed=0
fail() { echo "files: $*"; failed=1; }
have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || { echo "files: $1 is not installed, and what it would look at is not looked at"; return 1; }; }
make_pair() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" -keyout "$root/$1.key" -out "$root/$1.pem" 2>/dev/null; } # NAME
setup() { "$root/sbin/scoreboard-setup" --root "$root" --yes "$@"; }

# an installation without programs: of these only mosquitto_passwd and scoreboard-ctl are called
mkdir -p "$root/sbin" "$root/bin" "$root/share/scoreboard-mqtt/setup"
cp setup/scoreboard-setup "$root/sbin/"
cp setup/*.sh "$root/share/scoreboard-mqtt/setup/"
cp -r conf "$root/share/scoreboard-mqtt/"
printf '#!/bin/sh\nhead -c 32 /dev/urandom >"$2"\n' >"$root/bin/scoreboard-ctl"
chmod +x "$root/bin/scoreboard-ctl"
PATH=$root/bin:$PATH
etc=$root/etc/scoreboard-mqtt

# each form of an address, and answers that are none
for address in 192.168.1.20 192.168.1.20:8000 http://192.168.1.20:8000/ ws://192.168.1.20:8000 ws://192.168.1.20:8000/WS/; do
	setup --scoreboard $address >/dev/null || fail "--scoreboard $address"
	grep -qx 'source = ws://192.168.1.20:8000/WS/' "$etc/publisher.conf" || fail "--scoreboard $address: $(grep ^source "$etc/publisher.conf")"
done
while read -r words; do
	# shellcheck disable=SC2086 # words are words
	setup $words >"$root/said" 2>&1 && fail "$words is taken"
done <<'WORDS'
--viewers many
--viewers 30000
--kind boat
--domain one
--domain a.b;c
--scoreboard $(id)
--scoreboard --new-passwords
--scoreboard mqtt://10.0.0.1
--scoreboard WS://10.0.0.1:8000
--scoreboard fd00::10
--scoreboard 10.0.0.1:99999
--to mqtts://live.example.org:99999
--domain 192.168.1.5
--domain -a.b
--to http://x
--certificate /nowhere
--certificate /nowhere --key /nowhere
--domain a.b --certificate own.pem --key own.key
--domain a.b --certificate /etc/scoreboard-mqtt/tls/own.pem --key /etc/scoreboard-mqtt/tls/own.pem
--publisher-password /nowhere
--publisher-password /dev/null
WORDS
[ -s "$etc/publisher.password" ] || fail "a password file that is not there empties publisher.password"
for password in 'a:b' ' ab' 'ab '; do
	echo "$password" >"$root/password"
	setup --publisher-password "$root/password" >"$root/said" 2>&1 && fail "the password '$password' is taken"
done

# at a terminal what can be no answer is asked again, and an empty line takes what stands in brackets
asked() { # ANSWER... : each when there is a question for it
	python3 - "$root" "$@" <<'PYTHON'
import os, pty, sys
root, answers = sys.argv[1], sys.argv[2:]
pid, fd = pty.fork()
if not pid:
    os.execv(root + '/sbin/scoreboard-setup', ['scoreboard-setup', '--root', root])
said = b''
try:
    while piece := os.read(fd, 4096):
        said += piece
        if answers and said.endswith((b'? ', b'] ')):
            os.write(fd, answers.pop(0).encode() + b'\n')
except OSError:
    pass # it has ended
print(said.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) or len(answers))
PYTHON
}
if have python3; then
	rm -rf "${root:?}/etc"
	asked boat '' '' '$(id)' 192.168.1.21 one '' many 30000 700 >"$root/said" 2>&1 || { cat "$root/said"; fail "questions at a terminal"; }
	[ "$(grep -c 'That is to be' "$root/said")" = 6 ] || { cat "$root/said"; fail "not each wrong answer is asked again"; }
	grep -qx 'scoreboard=ws://192.168.1.21:8000/WS/' "$etc/setup.conf" && grep -qx viewers=700 "$etc/setup.conf" || fail "what was answered at a terminal: $(cat "$etc/setup.conf")"
	setup --scoreboard 192.168.1.20 >/dev/null || fail "the answers to questions"
fi

# a Mosquitto that others have configured stays theirs
mkdir -p "$root/etc/mosquitto/conf.d"
for line in 'listener 1883' ' allow_anonymous true' 'plugin /x.so'; do
	echo "$line" >"$root/etc/mosquitto/conf.d/own.conf"
	setup >"$root/said" 2>&1 && fail "'$line' of another broker is overlooked"
	grep -q "/etc/mosquitto/conf.d/own.conf:1:$line" "$root/said" || fail "not said where '$line' is: $(cat "$root/said")"
done
printf 'log_dest syslog\nplugin_opt_x y\n#listener 1883\n' >"$root/etc/mosquitto/conf.d/own.conf"
setup >/dev/null || fail "what harms nobody is refused"
rm "$root/etc/mosquitto/conf.d/own.conf"

# where no password can be hashed, passwd stays as it was, and nothing is told; the next run does it all
printf '#!/bin/sh\nexit 1\n' >"$root/bin/mosquitto_passwd"
chmod +x "$root/bin/mosquitto_passwd"
passwd=$(cat "$etc/passwd")
mkdir "$root/tmp"
TMPDIR=$root/tmp setup --new-passwords >"$root/said" 2>&1 && fail "mosquitto_passwd fails, and nobody says so"
[ "$(cat "$etc/passwd")" = "$passwd" ] && ! grep -q '^  operator' "$root/said" || fail "passwd is not as it was: $(cat "$etc/passwd")"
[ -z "$(ls "$root/tmp")" ] || fail "a password is left in a temporary file"
rm "$root/bin/mosquitto_passwd"
echo 8fQz2mUw >"$root/password"
printf '#!/bin/sh\nexit 1\n' >"$root/bin/sort"
chmod +x "$root/bin/sort"
setup --publisher-password "$root/password" >/dev/null 2>&1 && fail "passwd could not be sorted, and nobody says so"
rm "$root/bin/sort"
[ "$(sort "$etc/setup.pending" | tr '\n' ' ')" = 'passwords ' ] || fail "what is to be started again is forgotten: $(cat "$etc/setup.pending")"
setup >/dev/null
[ "$(grep ^publisher: "$etc/passwd")" != "$(grep ^publisher: <<<"$passwd")" ] && [ ! -e "$etc/setup.pending" ] || fail "the next run does not end what this one has begun"

# what an administrator has added stays, what was said the last time, too; only the publisher's own lines change
echo 'history = /var/lib/scoreboard-mqtt/games.db' >>"$etc/publisher.conf"
printf 'broker = mqtt://127.0.0.1:1880\naddress = http://scoreboard.local/\n' >>"$etc/publisher.conf"
password=$(cat "$etc/publisher.password") passwd=$(cat "$etc/passwd")
sed -i 's/^source = /  source\t= /' "$etc/publisher.conf"
setup --viewers 900 >"$root/said"
[ "$(grep -c '^[[:space:]]*source' "$etc/publisher.conf")" = 1 ] || fail "an administrator's blanks: $(grep source "$etc/publisher.conf")"
grep -qx 'history = /var/lib/scoreboard-mqtt/games.db' "$etc/publisher.conf" || fail "an administrator's line is lost"
[ "$(grep -c '^broker = mqtt://127.0.0.1:188[03]$' "$etc/publisher.conf")" = 2 ] || fail "broker: $(grep ^broker "$etc/publisher.conf")"
grep -qx 'address = http://scoreboard.local/' "$etc/publisher.conf" || fail "an administrator's address is lost"
sed -i '/1880$/d' "$etc/publisher.conf"
grep -qx 'scoreboard=ws://192.168.1.20:8000/WS/' "$etc/setup.conf" && grep -qx viewers=900 "$etc/setup.conf" || fail "the answers are not kept"
[ "$(cat "$etc/publisher.password")" = "$password" ] && [ "$(cat "$etc/passwd")" = "$passwd" ] || fail "passwords change by themselves"
setup --new-passwords >"$root/said"
grep -q '^  operator  ' "$root/said" || fail "--new-passwords tells none"
[ "$(grep ^publisher: "$etc/passwd")" = "$(grep ^publisher: <<<"$passwd")" ] && [ "$(grep ^operator: "$etc/passwd")" != "$(grep ^operator: <<<"$passwd")" ] || fail "--new-passwords: whose?"

# of a server: it follows its broker, and tells nobody
setup --kind server --domain live.league.example >/dev/null || fail "a server"
grep -qx 'source = mqtt://127.0.0.1:1883' "$etc/publisher.conf" && ! grep -qE '^(broker|user|password-file) ' "$etc/publisher.conf" || fail "a server's publisher.conf"
grep -qx 'listener 1883 127.0.0.1' "$root/etc/mosquitto/conf.d/scoreboard.conf" || fail "a server's broker is open"
setup --dry-run | grep -q 'listen 443 ssl' || fail "--dry-run shows no nginx.conf"
! setup --dry-run | grep -qF -- "$password" || fail "--dry-run shows a password"

grep -qx 'address = https://live.league.example/' "$etc/publisher.conf" || fail "the address of the domain"
setup --domain none >/dev/null
! grep -q '^address' "$etc/publisher.conf" || fail "the address of a domain that is given up stays"

# one that a page relays: the publisher tells the server's broker
setup --domain live.league.example --scoreboard relay+mqtt://127.0.0.1 >/dev/null || fail "a relay"
[ "$(grep -cxE '(source = relay\+mqtt|broker = mqtt)://127.0.0.1(:1883)?' "$etc/publisher.conf")" = 2 ] || fail "a relay: $(grep -E '^(source|broker)' "$etc/publisher.conf")"

if have nginx; then
	mkdir -p "$root/var" "$root/cache"
	sed -e "s|/etc/scoreboard-mqtt|$etc|" -e "s|/run/scoreboard-nginx.pid|$root/pid|" -e "s|/var/lib/nginx|$root/var|" -e "s|/var/cache/nginx|$root/cache|" "$etc/nginx.conf" >"$root/nginx.conf"
	[ -e /usr/lib/nginx/modules/ngx_stream_module.so ] || { echo "files: nginx has no stream module, and 8883 is not looked at"; sed -i -e '/^load_module/d' -e '/^stream {/,$d' "$root/nginx.conf"; }
	"$(command -v nginx || echo /usr/sbin/nginx)" -t -c "$root/nginx.conf" >"$root/said" 2>&1 || { cat "$root/said"; fail "nginx -t"; }
fi
# docs/install.md, "Beside other sites": its line, with other places, in Debian's nginx
if have nginx && [ -e /etc/nginx/nginx.conf ]; then
	mkdir -p "$root/tls"
	make_pair site && mv "$root/site.pem" "$root/tls/fullchain.pem" && mv "$root/site.key" "$root/tls/privkey.pem"
	line=$(grep -m 1 '^    scoreboard-setup --dry-run .*conf.d' docs/install.md | sed -e "s|scoreboard-setup|$root/sbin/scoreboard-setup --root $root|" -e "s|>/etc/nginx.*|>$root/site.conf|")
	name=live.league.example tls=$root/tls bash -euc "$line" || fail "the line of docs/install.md: $line"
	sed -i "s|/var/cache/nginx|$root/cache|" "$root/site.conf"
	# as certbot makes it of a site that is there
	printf 'server { listen [::]:443 ssl ipv6only=on; listen 443 ssl; server_name other.example; ssl_certificate %s/fullchain.pem; ssl_certificate_key %s/privkey.pem; }\n' "$root/tls" "$root/tls" >"$root/other.conf"
	sed -e "s|/etc/nginx/conf.d/\*.conf|$root/site.conf|" -e "s|include /etc/nginx/sites-enabled.*|include $root/other.conf;|" -e "s|^pid .*|pid $root/pid;|" -e "s|/var/log/nginx|$root|" /etc/nginx/nginx.conf >"$root/debians.conf"
	"$(command -v nginx || echo /usr/sbin/nginx)" -t -c "$root/debians.conf" >"$root/said" 2>&1 && grep -q "server_name live.league.example" "$root/site.conf" || { cat "$root/said"; fail "nginx -t, beside other sites"; }
fi
if have haproxy; then
	haproxy=$(command -v haproxy || echo /usr/sbin/haproxy)
	SCOREBOARD_MONITOR_PASSWORD=x "$haproxy" -c -f conf/cluster/haproxy.cfg >"$root/said" 2>&1 || { cat "$root/said"; fail "haproxy -c"; }
	# with TLS, by the file that the script for certbot makes; which takes no key of another certificate
	for name in one two; do make_pair $name; done
	export SCOREBOARD_CERTIFICATE=$root/both.pem SCOREBOARD_HAPROXY_SOCKET=$root/none
	conf/cluster/certificate "$root/one.pem" "$root/two.key" >"$root/said" 2>&1 && fail "the key of another certificate is taken"
	RENEWED_LINEAGE=$root conf/cluster/certificate >"$root/said" 2>&1 && fail "a certificate that is not there is taken"
	conf/cluster/certificate "$root/one.pem" "$root/one.key" >"$root/said" || fail "certificate: $(cat "$root/said")"
	[ "$(stat -c %a "$root/both.pem")" = 600 ] || fail "others can read the key"
	{ cat "$root/one.pem"; echo '-----BEGIN CERTIFICATE-----'; echo AAAA; echo '-----END CERTIFICATE-----'; } >"$root/damaged.pem"
	conf/cluster/certificate "$root/damaged.pem" "$root/one.key" >"$root/said" 2>&1 && fail "a damaged chain is taken"
	SCOREBOARD_MONITOR_PASSWORD=x "$haproxy" -c -f conf/cluster/haproxy.cfg >"$root/said" 2>&1 && ! grep -q WARNING "$root/said" || { cat "$root/said"; fail "haproxy -c, with TLS"; }
	# and as docs/scaling.md has it for IPv6
	cp conf/cluster/haproxy.cfg "$root/"
	(cd "$root" && eval "$(sed -n "s|^    \(sed .*\) /etc/haproxy/haproxy.cfg|\1 haproxy.cfg|p" "$OLDPWD/docs/scaling.md")")
	[ "$(grep -c 'bind :::[0-9]* v6only' "$root/haproxy.cfg")" = 5 ] && SCOREBOARD_MONITOR_PASSWORD=x "$haproxy" -c -f "$root/haproxy.cfg" >"$root/said" 2>&1 || { cat "$root/said"; fail "haproxy -c, with IPv6"; }
	unset SCOREBOARD_CERTIFICATE SCOREBOARD_HAPROXY_SOCKET
fi
if have systemd-analyze; then
	for unit in scoreboard-publisher scoreboard-publisher-standby scoreboard-nginx mosquitto-edge@; do
		level=$(systemd-analyze security --offline=yes "conf/systemd/$unit.service" 2>/dev/null | sed -n 's/.*Overall exposure level for [^ ]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
		[ "${level:-99}" -le 30 ] || fail "$unit is exposed: ${level:-unknown} tenths, at most 30"
		sed -E 's,^Exec(Start|StartPre|Reload)=[^ ]*,Exec\1=/bin/true,' "conf/systemd/$unit.service" >"$root/${unit/@/@1}.service"
		systemd-analyze verify "$root/${unit/@/@1}.service" >"$root/said" 2>&1
		! grep "$unit" "$root/said" | grep -v 'mosquitto.service' | grep -q . || { cat "$root/said"; fail "systemd-analyze verify $unit"; }
	done
	cp -r conf/systemd/mosquitto.service.d "$(dpkg -L mosquitto | grep '/mosquitto\.service$')" "$root/" || fail "where is Debian's mosquitto.service?"
	systemd-analyze verify "$root/mosquitto.service" >"$root/said" 2>&1
	! grep -F "$root/mosquitto.service" "$root/said" || fail "systemd-analyze verify mosquitto.service.d"
fi

# another certificate is told to nginx
for name in one two; do make_pair $name; done
setup --certificate /one.pem --key /one.key >/dev/null || fail "a certificate of one's own"
setup --certificate /one.pem --key /two.key >"$root/said" 2>&1 && fail "the key of another certificate is taken"
mkdir -p "$root/var/tmp" && cp "$root"/two.* "$root/var/tmp/"
setup --certificate /var/tmp/two.pem --key /var/tmp/two.key >"$root/said" 2>&1 && fail "a certificate is taken that nginx can't see"
printf '#!/bin/sh\nexit 1\n' >"$root/bin/mosquitto_passwd"
chmod +x "$root/bin/mosquitto_passwd"
setup --certificate /two.pem --key /two.key --new-passwords >/dev/null 2>&1
grep -qx nginx "$etc/setup.pending" || fail "another certificate, and nginx is not told"
rm "$root/bin/mosquitto_passwd"

# what nobody can see: a password in clear text, beside what is written or left there
printf '#!/bin/sh\numask >"%s/umask"\nexec %s "$@"\n' "$root" "$(command -v mosquitto_passwd)" >"$root/bin/mosquitto_passwd"
chmod +x "$root/bin/mosquitto_passwd"
setup --new-passwords >/dev/null || fail "new passwords"
[ "$(head -n 1 "$root/umask")" = 0077 ] || fail "others can read passwords while they are hashed: $(cat "$root/umask")"
rm "$root/bin/mosquitto_passwd"
[ -z "$(find "$etc" "$root/etc/mosquitto" -name '*.new' -o -name '*.plain*')" ] || fail "left beside the files: $(find "$etc" -name '*.new' -o -name '*.plain*')"

# what somebody has edited of ours is kept beside it; what nobody has is not
for file in "$etc/nginx.conf" "$root/etc/mosquitto/conf.d/scoreboard.conf"; do
	[ ! -e "$file.old" ] || fail "kept, and nobody has edited it: $file"
	echo '# mine' >>"$file"
done
setup >"$root/said"
setup --viewers 901 >>"$root/said" # another run takes nothing of it
for file in "$etc/nginx.conf" "$root/etc/mosquitto/conf.d/scoreboard.conf"; do
	grep -qx '# mine' "$file.old" && ! grep -qx '# mine' "$file" && grep -qF "${file#"$root"}.old" "$root/said" || fail "what somebody has edited is lost: $file"
done
printf '# a hub\nlistener 1880\n' >"$root/etc/mosquitto/conf.d/scoreboard.conf"
setup >"$root/said" 2>&1 && fail "a hub's configuration is written over"
for folder in / '' /usr/..; do
	setup --root "$folder" 2>&1 | grep -q 'needs a folder' || fail "--root '$folder'"
done

# whoever has a password there that is not of ours keeps it
echo 'bridge:$7$101$x$y' >>"$etc/passwd"
setup --remove >"$root/said"
[ "$(cat "$etc/passwd")" = 'bridge:$7$101$x$y' ] && grep -q 'users that are not' "$root/said" || fail "--remove takes others' users"
[ "$(cat "$root/etc/mosquitto/conf.d/scoreboard.conf")" = "$(printf '# a hub\nlistener 1880')" ] || fail "--remove takes a hub's configuration"
rm "$etc/passwd" "$root"/etc/mosquitto/conf.d/scoreboard.conf
setup --remove >/dev/null 2>&1 && fail "--remove where nothing is configured"
[ -z "$(find "$root/etc" -type f)" ] || fail "left after --remove: $(find "$root/etc" -type f)"
exit $failed
