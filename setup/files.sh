# Sourced by scoreboard-setup: the files that it writes. A file that is already as it would be written is not touched. Needs $root, $etc, $share, $docs, ${answer[@]}, say(), die(), has_domain(), is_server().

unit_dropin=$root/etc/systemd/system/mosquitto.service.d/scoreboard.conf
broker_conf=$root/etc/mosquitto/conf.d/scoreboard.conf
renewal_hook=$root/etc/letsencrypt/renewal-hooks/deploy/scoreboard
declare -A made_passwords=() # of people, made just now
sums=$etc/setup.sums # of files that are ours alone, as they were written
pending=$etc/setup.pending # what has changed and is not started again yet, for the next run when this one ends before that
changes=' ' wrote=no
[ ! -r "$pending" ] || changes=" $(tr '\n' ' ' <"$pending")"

changed() { [[ $changes == *" $1 "* ]]; } # PART: broker, publisher, passwords (the publisher's), nginx
note_change() { # PART
	changed "$1" || echo "$1" >>"$pending"
	changed "$1" || changes+="$1 "
}
forget_changes() { rm -f "$pending"; }

# Writes stdin to FILE when that is something else; who runs PART must then be started again.
write() { # PART FILE [MODE [GROUP]]
	local part=$1 file=$2 mode=${3:-644} group=${4:-root} new=$2.new
	mkdir -p "$(dirname "$file")"
	(umask 077; rm -f "$new"; cat >"$new")
	give "$mode" "$group" "$new"
	if cmp -s "$new" "$file"; then
		give "$mode" "$group" "$file"
		rm "$new"
	else
		[ -z "${keep:-}" ] || keep_edited "$file" # of write_ours()
		note_change "$part"
		mv "$new" "$file"
		wrote=yes
		echo "  ${file#"$root"}"
	fi
}

# In an image the group is the image's.
give() { # MODE GROUP FILE
	local group=$2
	[ -z "$root" ] || group=$(awk -F: -v name="$2" '$1 == name { print $3 }' "$root/etc/group" 2>/dev/null) || true
	[ -z "$group" ] || chgrp "$group" "$3"
	chmod "$1" "$3"
}

# As write(), of a file that is ours alone: where somebody has edited it, that is kept as FILE.old first.
write_ours() { # PART FILE [MODE]
	local keep=yes file=$2
	write "$@"
	{ grep -vF "  ${file#"$root"}" "$sums" 2>/dev/null || true; sum_of "$file"; } >"$sums.new"
	mv "$sums.new" "$sums"
}
keep_edited() { # FILE
	[ -e "$1" ] && ! grep -qsxF "$(sum_of "$1")" "$sums" || return 0
	cp -p --backup=numbered "$1" "$1.old"
	echo "  ${1#"$root"}.old (what was there)"
}
sum_of() { echo "$(md5sum <"$1" | cut -d' ' -f1)  ${1#"$root"}"; }

# --- what is in each ---

setup_conf() {
	local name
	echo "# What scoreboard-setup was told. It reads this the next time, as what stays."
	for name in kind scoreboard domain viewers certificate key email to; do echo "$name=${answer[$name]}"; done
}

# publisher.conf, or the one that is shipped, with NAME = VALUE for each NAME=VALUE; an empty VALUE makes the line a comment. Options that
# may stand several times are given as one line of words: of broker, other lines stay. A line that is in force is taken before a comment.
with_options() { # FILE NAME=VALUE...
	local file=$1
	shift
	awk 'BEGIN {
		for (i = 1; i < ARGC - 2; i++) {
			n = index(ARGV[i], "=")
			name[i] = substr(ARGV[i], 1, n - 1)
			value[name[i]] = substr(ARGV[i], n + 1)
			delete ARGV[i]
		}
	}
	{
		is = $0
		sub(/^[ \t]+/, "", is)
		comment = sub(/^#/, "", is)
		option = is
		sub(/[ \t]*=.*/, "", option)
		known = option in value && is ~ /^[a-z-]+[ \t]*=/
	}
	NR == FNR {
		if (known && (!(option in line) || !comment && !active[option])) { line[option] = FNR; active[option] = !comment }
		next
	}
	{
		if (!known) { print; next }
		if (FNR != line[option]) { if (comment || option == "broker") print; next }
		if (value[option] != "") print option " = " value[option]
		else print "#" is
	}
	END { for (i in name) if (!(name[i] in line) && value[name[i]] != "") print name[i] " = " value[name[i]] }' "$@" "$file" "$file"
}

publisher_conf() {
	local from=$etc/publisher.conf http=0.0.0.0:8080 broker=mqtt://127.0.0.1:1883 source=${answer[scoreboard]} user=publisher
	local page=()
	[ -e "$from" ] || from=$share/conf/publisher.conf
	! has_domain || { http=127.0.0.1:8080; page=(address="https://${answer[domain]}/"); }
	# an address is the administrator's, but for that of a domain that is given up
	has_domain || ! grep -qsxF "address = https://$domain_before/" "$from" || page=(address=)
	[ -z "${answer[to]}" ] || broker+=" ${answer[to]}"
	! is_server || is_relayed || { source=mqtt://127.0.0.1:1883 broker='' user=''; } # it follows, and tells nobody
	with_options "$from" source="$source" broker="$broker" user="$user" http="$http" web-dir=/usr/share/scoreboard-mqtt/web \
		password-file="${user:+/etc/scoreboard-mqtt/publisher.password}" "${page[@]}"
}

# The broker's WebSockets are nginx's alone where there is a domain, and on a server its MQTT, too.
mosquitto_conf() {
	local ws='listener 9001' tcp='listener 1883'
	! has_domain || ws+=' 127.0.0.1'
	! has_domain || ! is_server || tcp+=' 127.0.0.1'
	sed -e "s|^listener 9001.*|$ws|" -e "s|^listener 1883.*|$tcp|" -e '1s|.*|# Written by scoreboard-setup, of /usr/share/scoreboard-mqtt/conf/mosquitto.conf|' \
		-e '2,3d' "$share/conf/mosquitto.conf"
}

nginx_conf() {
	local v6='/#v6 /d'
	[ ! -e /proc/net/if_inet6 ] || v6='s/#v6 //'
	sed -e '/ #plain$/d' -e "s/@DOMAIN@/${answer[domain]}/" -e 's/#tls //' -e "$v6" "$share/conf/nginx.conf"
}

hook() {
	echo '#!/bin/sh'
	echo '# certbot has a new certificate: nginx takes it, and drops nobody.'
	echo 'systemctl reload scoreboard-nginx'
}

# --- passwords ---

new_password() { head -c 18 /dev/urandom | base64 | tr '+/' '-_'; }

# A line of passwd for USER; mosquitto_passwd hashes it in a file, where no list of processes shows it, and makes a copy beside that.
hashed() ( # USER PASSWORD
	umask 077
	file=$etc/passwd.plain
	rm -f "$file"
	trap 'rm -f "$file" "$file".*' EXIT
	echo "$1:$2" >"$file" && mosquitto_passwd -U "$file" && cat "$file"
)

has_user() { grep -qs "^$1:" "$etc/passwd"; }

publisher_password() {
	if [ -n "${given[publisher-password]:-}" ]; then
		head -n 1 "${given[publisher-password]}" | write passwords "$etc/publisher.password" 600
	elif [ ! -s "$etc/publisher.password" ]; then
		new_password | write passwords "$etc/publisher.password" 600
	elif [ "$etc/publisher.password" -nt "$etc/passwd" ]; then
		note_change passwords # somebody has written it: systemd hands it to the publisher when that starts
	fi
}

# passwd with a line for everybody: those that are there stay, but the publisher's follows publisher.password.
passwd_lines() {
	local user
	if [ -e "$etc/passwd" ]; then
		grep -vE "^(publisher$([ $new_passwords = no ] || echo '|operator|crew')):" "$etc/passwd" || true
	fi
	if has_user publisher && ! changed passwords; then
		grep '^publisher:' "$etc/passwd"
	else
		hashed publisher "$(head -n 1 "$etc/publisher.password")" || return 1
	fi
	for user in "${!made_passwords[@]}"; do hashed "$user" "${made_passwords[$user]}" || return 1; done
}

write_passwords() {
	local user lines
	publisher_password
	for user in operator crew; do
		[ $new_passwords = no ] && has_user $user || made_passwords[$user]=$(new_password)
	done
	lines=$(passwd_lines | LC_ALL=C sort) || die "mosquitto_passwd failed; $etc/passwd is as it was"
	write broker "$etc/passwd" 640 mosquitto <<<"$lines"
	! changed passwords || note_change publisher
}

write_token_key() {
	if [ ! -s "$etc/token.key" ]; then
		(cd "$etc" && rm -f token.key && scoreboard-ctl key token.key >/dev/null) || die "no key could be made"
		note_change broker
		wrote=yes
		echo "  ${etc#"$root"}/token.key"
	fi
	give 640 mosquitto "$etc/token.key"
}

# --- certificates: nginx reads tls/chain.pem and tls/key.pem, links to those that are meant ---

link() { # FILE LINK
	[ "$(readlink "$2")" != "$1" ] || return 0
	note_change nginx
	ln -sfn "$1" "$2"
}

link_certificate() {
	local live=/etc/letsencrypt/live/${answer[domain]}
	if [ -n "${answer[certificate]}" ]; then
		link "${answer[certificate]}" "$etc/tls/chain.pem"
		link "${answer[key]}" "$etc/tls/key.pem"
	elif [ -e "$root$live/fullchain.pem" ]; then
		link "$live/fullchain.pem" "$etc/tls/chain.pem"
		link "$live/privkey.pem" "$etc/tls/key.pem"
	else
		return 1
	fi
}

# Is it a certificate and its key, as nginx can read them: PEM, and without a passphrase?
is_pair() { # CHAIN KEY
	local public
	public=$(openssl x509 -inform PEM -noout -pubkey -in "$1" 2>/dev/null) && [ "$public" = "$(openssl pkey -inform PEM -passin pass: -pubout -in "$2" 2>/dev/null)" ]
}

# Until certbot has one, for which nginx must run.
make_interim_certificate() {
	! is_pair "$etc/tls/chain.pem" "$etc/tls/key.pem" || return 0
	rm -f "$etc"/tls/{chain,key}.pem # links to what is gone, or cut off
	(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=${answer[domain]}" \
		-keyout "$etc/tls/key.pem" -out "$etc/tls/chain.pem" 2>/dev/null) || die "openssl made no certificate"
}

write_nginx() {
	mkdir -p "$etc/tls" && chmod 700 "$etc/tls"
	link_certificate || make_interim_certificate
	nginx_conf | write_ours nginx "$etc/nginx.conf"
	[ -n "${answer[certificate]}" ] || hook | write nginx "$renewal_hook" 755
}

# --- all of them ---

# The passwords come last: what is told must have been written, and what has been written must be told.
write_all() {
	say "Writing what has changed"
	umask 022
	mkdir -p "$etc"
	setup_conf | write setup "$etc/setup.conf"
	publisher_conf | write publisher "$etc/publisher.conf"
	mosquitto_conf | write_ours broker "$broker_conf"
	write_ours broker "$unit_dropin" <"$share/conf/systemd/mosquitto.service.d/scoreboard.conf"
	if has_domain; then write_nginx; fi
	has_domain && [ -z "${answer[certificate]}" ] || rm -f "$renewal_hook"
	write_token_key
	write_passwords
	[ $wrote = yes ] || echo "  nothing"
}

is_ours() { head -n 1 "$1" 2>/dev/null | grep -q '^# Written by scoreboard-setup'; } # and not a hub's, or somebody's by hand

# Mosquitto's configuration is one: what others have written of these is in force for our listeners, or ours for theirs.
refuse_other_broker() {
	local found ours=''
	! is_ours "$broker_conf" || ours=$broker_conf
	found=$(find "$root/etc/mosquitto/mosquitto.conf" "$root"/etc/mosquitto/conf.d -name '*.conf' ! -path "$ours" -exec \
		grep -HnE '^ *(listener|port|bind_address|password_file|acl_file|psk_file|allow_anonymous|per_listener_settings|(auth_|global_)?plugin)( |$)' {} + 2>/dev/null | head -n 1) || true
	[ -z "$found" ] || die "Mosquitto is configured for something else: ${found#"$root"}. See $docs/install.md, \"Beside another broker\""
}

# --dry-run: what would be written. Secrets are made when they are written, and are not shown.
show_files() {
	heading() { printf '\n# --- %s (%s)\n' "${1#"$root"}" "$2"; }
	heading "$etc/setup.conf" 'mode 644'; setup_conf
	heading "$etc/publisher.password" 'mode 600, made when it is not there'
	heading "$etc/passwd" 'mode 640, group mosquitto: publisher, operator, crew, hashed'
	heading "$etc/token.key" 'mode 640, group mosquitto, made when it is not there'
	heading "$etc/publisher.conf" 'mode 644'; publisher_conf
	heading "$broker_conf" 'mode 644'; mosquitto_conf
	heading "$unit_dropin" 'mode 644'; cat "$share/conf/systemd/mosquitto.service.d/scoreboard.conf"
	! has_domain || { heading "$etc/nginx.conf" 'mode 644'; nginx_conf; }
	! has_domain || [ -n "${answer[certificate]}" ] || { heading "$renewal_hook" 'mode 755'; hook; }
	heading "firewall" "opened where nftables or ufw refuses: TCP $(ports_wanted)"
}

remove_files() {
	local users file
	users=$(grep -vE '^(publisher|operator|crew):' "$etc/passwd" 2>/dev/null) || true
	for file in "$etc"/{publisher.conf,publisher.password,passwd,token.key,ports.nft,setup.pending,setup.sums} "$renewal_hook"; do rm -f "$file" "$file.new"; done
	for file in "$etc/nginx.conf" "$unit_dropin"; do rm -f "$file" "$file".{new,old*}; done
	for file in "$broker_conf" "$broker_conf.off"; do ! is_ours "$file" || rm -f "$file"; done
	rm -f "$broker_conf".{new,old*} "$etc"/passwd.plain* "$etc/setup.conf.new"
	[ -z "$users" ] || write others "$etc/passwd" 640 mosquitto <<<"$users" >/dev/null
	rm -rf "$etc/tls"
	rm -f "$etc/setup.conf" "$etc/setup.pending"
	rmdir --ignore-fail-on-non-empty "$(dirname "$unit_dropin")" 2>/dev/null || true
}
