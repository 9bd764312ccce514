# Sourced by ./package and the tests of tests/install: a Debian in a folder, amd64 or whatever this machine is, in which packages for another release
# or another processor are built. Nothing is installed on this machine but debootstrap. Needs say(), die() and scripts/install.sh.
# shellcheck shell=bash

chroot_mirror=${SB_MIRROR:-http://deb.debian.org/debian}

# Runs a command in the folder, as root; each further FOLDER:PLACE is there at that place while it runs. The mounts are in a namespace
# of their own: they end with the command, and nobody can delete a folder with something mounted in it.
in_chroot() { # ROOT [FOLDER:PLACE]... -- COMMAND...
	# shellcheck disable=SC2016 # these are the variables of the inner shell
	as_root unshare --mount --propagation private bash -c '
		root=$1
		shift
		mount --bind /proc "$root/proc" || exit
		while [ "$1" != -- ]; do
			mkdir -p "$root/${1#*:}" && mount --bind "${1%%:*}" "$root/${1#*:}" || exit
			shift
		done
		shift
		exec chroot "$root" env HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' in_chroot "$@"
}

# One that has been made is taken again; to have a fresh one, delete it.
make_chroot() { # ROOT RELEASE [DEBOOTSTRAP-OPTION...]
	local root=$1 release=$2
	shift 2
	if [ -e "$root/made" ]; then
		as_root cp /etc/resolv.conf "$root/etc/resolv.conf" # of the network of today
		return 0
	fi
	[ "${install:-yes}" = no ] || install_packages debootstrap
	command -v debootstrap >/dev/null || [ -x /usr/sbin/debootstrap ] || die "debootstrap is missing"
	say "Fetching Debian's $release into $root"
	as_root rm -rf "$root"
	mkdir -p "$root"
	# what it mounts goes with it, however it ends
	as_root unshare --mount --propagation private debootstrap --variant=minbase "$@" "$release" "$root" "$chroot_mirror" >"$root.log" 2>&1 || { tail -n 3 "$root.log" >&2; die "debootstrap failed"; }
	as_root cp /etc/resolv.conf "$root/etc/resolv.conf"
	as_root touch "$root/made"
}

apt_in() { # ROOT NAME...
	local root=$1
	shift
	in_chroot "$root" -- apt-get install -y -qq --no-install-recommends "$@" >>"$root.log" 2>&1 || { tail -n 5 "$root.log" >&2; die "apt-get install failed in $root"; }
}

# A folder that builds for RELEASE and ARCH; its name is then $builder.
make_builder() { # RELEASE ARCH
	local own tools=(build-essential debhelper nodejs)
	own=$(dpkg --print-architecture)
	builder=build/chroot/$1-$2
	make_chroot "$builder" "$1"
	if [ "$2" != "$own" ]; then
		tools+=("crossbuild-essential-$2")
		in_chroot "$builder" -- dpkg --add-architecture "$2"
	fi
	say "Looking for what is missing in $builder"
	in_chroot "$builder" -- apt-get update -qq >>"$builder.log" 2>&1 || { tail -n 5 "$builder.log" >&2; die "apt-get update failed in $builder"; }
	apt_in "$builder" "${tools[@]}"
}
