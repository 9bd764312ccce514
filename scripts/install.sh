# Sourced by ./run, ./test and bench/run.sh: installs what is missing, and says so. Needs say() and die().

# Debian's packages, by what they are for.
declare -A packages=(
	[build]='gcc make cmake pkg-config libmosquitto-dev mosquitto-dev libwebsockets-dev libcjson-dev libssl-dev libjwt-dev
		libargon2-dev zlib1g-dev uthash-dev libsqlite3-dev'
	[broker]='mosquitto'
	[clients]='mosquitto-clients' # mosquitto_sub, to look at the topics
	[qr]='qrencode' # the page's address in the terminal, for phones
	[mdns]='avahi-utils' # ... and as scoreboard.local, where the machine has Avahi
	[cluster]='haproxy'
	[lint]='shellcheck systemd libnginx-mod-stream' # what looks at scripts, units and nginx.conf
	[test]='libcunit1-dev openssl chromium nginx-light iproute2 prometheus prometheus-node-exporter clang-format python3
		python3-paho-mqtt curl qrencode libnginx-mod-stream libnss3-tools socat certbot pebble'
	[package]='build-essential debhelper lintian'
	[machine]='debootstrap systemd-container' # a fresh Debian to install the packages on
	[bench]='jq gnuplot-nox'
)

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() { # NAME...
	local missing=() p
	for p in "$@"; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing ${missing[*]}"
	as_root apt-get update -qq || die "apt-get update failed"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
		die "apt-get install failed"
}

install_groups() { # GROUP...
	local group names=()
	for group in "$@"; do
		# shellcheck disable=SC2206 # the names of a group are words
		names+=(${packages[$group]})
	done
	install_packages "${names[@]}"
}

# Node's own packages of a folder, once per change of its lock file.
install_npm() { # FOLDER
	local stamp=$1/node_modules/.installed
	if ! cmp -s "$1/package-lock.json" "$stamp"; then
		command -v npm >/dev/null || install_packages nodejs npm
		say "Fetching the JavaScript packages of $1"
		(cd "$1" && npm ci --silent --no-audit --no-fund) || die "npm ci in $1 failed"
		cp "$1/package-lock.json" "$stamp"
	fi
	[ ! -f "$1/scripts/vendor.mjs" ] || (cd "$1" && node scripts/vendor.mjs >/dev/null) || die "vendoring in $1 failed"
}
