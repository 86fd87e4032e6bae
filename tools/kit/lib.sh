# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What tools/kit/get and tools/kit/source share: the cache folder, its locks,
# and a private apt configuration.
#
# The private configuration reads other suites than the machine's own from the
# machine's own mirror. It has its own sources, lists and archive folder, all
# inside the cache, so nothing of the machine is changed and nobody needs to be
# root; apt verifies everything with the keys of debian-archive-keyring.
#
# The script that reads this file sets $what, the name its messages begin with,
# and $cache, which cache_root prints.
#
# shellcheck disable=SC2154

say()
{
	echo "$what: $*" >&2
}

die()
{
	say "$@"
	exit 1
}

# The folder in which everything is kept; it works without HOME, too.
cache_root()
{
	if [ -n "${VFIO_MIG_CACHE:-}" ]; then
		cache=$VFIO_MIG_CACHE
	elif [ -n "${XDG_CACHE_HOME:-}" ]; then
		cache=$XDG_CACHE_HOME/vfio_mig
	else
		home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
		cache=${home:-/root}/.cache/vfio_mig
	fi
	case $cache in
	/*)	;;
	*)	cache=$PWD/$cache ;;
	esac
	echo "$cache"
}

# lock NAME: one at a time for each NAME, until this process ends.
lock()
{
	mkdir -p "$cache/lock" ||
		die "cannot write to the cache $cache: set VFIO_MIG_CACHE to another folder"
	exec 9>"$cache/lock/$1"
	flock -n 9 && return
	say "another process is preparing it, waiting"
	flock 9
}

# need_tools PROGRAM:PACKAGE...
need_tools()
{
	PATH=$PATH:/usr/sbin:/sbin
	for tool; do
		command -v "${tool%:*}" >/dev/null ||
			die "${tool%:*} not found: apt install ${tool#*:}"
	done
}

# suite_codename: of this machine's release, empty if it is not Debian's.
suite_codename()
{
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null | tr -d \"
}

# source_version KERNEL: of which version's source it is made.
source_version()
{
	case $1 in
	debug | kcsan)	echo 6.12 ;;
	*)	echo "$1" ;;
	esac
}

# kernel_suites VERSION: sets $suites to where Debian has its packages, first
# the one with the kernel. On Debian 13, 6.12 is the release's own.
kernel_suites()
{
	case $1:$(suite_codename) in
	6.1:*)		suites="main/bookworm security/bookworm-security" ;;
	6.12:trixie)	suites="main/trixie security/trixie-security" ;;
	6.12:*)		suites="main/bookworm-backports" ;;
	7.2:*)		suites="main/trixie-backports" ;;
	*)		return 1 ;;
	esac
}

# archives [APT-OPTION...]: "LABEL URI" for each archive of Debian's that the
# machine's apt is set up for. Only an archive whose lists are there is known
# by its own word, so this says nothing on a machine that never ran `apt update`.
archives()
{
	# shellcheck disable=SC2016 # the $(FIELDS) are apt's, not the shell's
	apt-get "$@" indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		sed -n 's/^Debian|\([^|]*\)|/\1|/p' | sort -u
}

# find_archives: sets $main_uri and $security_uri to the machine's own mirror.
find_archives()
{
	found=$(archives)
	if [ -z "$found" ]; then
		mkdir -p "$apt/machine/partial"
		set -- -o "Dir::State::Lists=$apt/machine" \
			-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
			-o APT::Sandbox::User=root
		apt-get "$@" -qq update >&2 || :
		found=$(archives "$@")
	fi
	main_uri=$(echo "$found" | sed -n 's/^Debian|//p' | head -n 1)
	security_uri=$(echo "$found" | sed -n 's/^Debian-Security|//p' | head -n 1)
}

# write_sources FILE ARCHIVE/SUITE...: ARCHIVE is main or security.
write_sources()
{
	file=$1
	shift
	for keyring in /usr/share/keyrings/debian-archive-keyring.pgp \
		       /usr/share/keyrings/debian-archive-keyring.gpg; do
		[ -e "$keyring" ] && break
	done
	[ -e "$keyring" ] ||
		die "$keyring is missing: apt install debian-archive-keyring"
	find_archives
	[ -n "$main_uri" ] || die "no Debian archive among apt's sources" \
		"(apt-get indextargets shows none of origin Debian): add your mirror" \
		"to /etc/apt/sources.list.d, then run apt update"
	: >"$file"
	for source; do
		case $source in
		main/*)		uri=$main_uri ;;
		security/*)	uri=$security_uri ;;
		esac
		if [ -z "$uri" ]; then
			say "apt's sources have no Debian security archive:" \
				"going without ${source#*/}"
			continue
		fi
		cat >>"$file" <<-END
		Types: deb
		URIs: $uri
		Suites: ${source#*/}
		Components: main
		Architectures: amd64
		Signed-By: $keyring

		END
	done
}

# apt_setup NAME ARCHIVE/SUITE...: sets $apt, the folder of this configuration,
# and reads the suites' lists.
apt_setup()
{
	command -v apt-get >/dev/null ||
		die "apt-get not found: kernels are taken from Debian's archive"
	apt=$cache/apt/$1
	shift
	mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/archives/partial"
	: >"$apt/status"
	write_sources "$apt/sources/debian.sources" "$@"
	# The machine's own apt.conf (a proxy, say) stays in force except for
	# what would touch the machine or another configuration's state.
	cat >"$apt/apt.conf" <<-END
	#clear APT::Update::Post-Invoke;
	#clear APT::Update::Post-Invoke-Success;
	#clear APT::Update::Pre-Invoke;
	#clear APT::Default-Release;
	Dir::Etc::sourcelist "/dev/null";
	Dir::Etc::sourceparts "$apt/sources";
	Dir::Etc::preferences "/dev/null";
	Dir::Etc::preferencesparts "/dev/null";
	Dir::State::Lists "$apt/lists";
	Dir::State::status "$apt/status";
	Dir::State::extended_states "$apt/extended";
	Dir::Cache::archives "$apt/archives";
	Dir::Cache::pkgcache "";
	Dir::Cache::srcpkgcache "";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	APT::Sandbox::User "root";
	APT::Update::Error-Mode "any";
	Acquire::Languages "none";
	Acquire::Retries "2";
	END
	say "reading the package lists"
	apt_run update ||
		offline "the package lists of $(echo "$@" | sed 's,[a-z]*/,,g')"
}

# apt_run ARG...: apt-get with the private configuration; its progress is shown
# on a terminal, its words only if it fails.
apt_run()
{
	if [ -t 2 ]; then
		apt-get -c "$apt/apt.conf" -q=0 "$@" >&2
	elif ! apt-get -c "$apt/apt.conf" -qq "$@" >"$apt/log" 2>&1; then
		sed 's/^/	/' "$apt/log" >&2
		return 1
	fi
}

offline()
{
	die "could not fetch $*. The network, or a mirror that apt's sources name," \
		"is needed once; what was fetched is kept in $cache" \
		"(VFIO_MIG_CACHE puts that elsewhere)"
}

# package_version NAME, package_depends NAME: of the newest one; empty if none.
package_version()
{
	apt-cache -c "$apt/apt.conf" show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Version: //p'
}

package_depends()
{
	apt-cache -c "$apt/apt.conf" show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Depends: //p'
}

# download NAME...: into $apt/archives. Of what an earlier run left there, apt
# keeps what is whole and goes on with what is not; sets $debs.
download()
{
	size=0
	for package; do
		bytes=$(apt-cache -c "$apt/apt.conf" show --no-all-versions "$package" |
			sed -n 's/^Size: //p')
		[ -n "$bytes" ] || die "there is no package $package in" \
			"$(grep ^Suites: "$apt/sources/debian.sources" | tr '\n' ' ')"
		size=$((size + bytes))
	done
	say "downloading ($((size / 1000000)) MB)"
	cd "$apt/archives" || exit
	apt_run download "$@" || offline "$@"
	debs=
	for package; do
		deb=${package}_$(package_version "$package" | sed 's/:/%3a/g')
		debs="$debs $(echo "$deb"_*.deb)"
	done
	cd "$OLDPWD" || exit
}

# download_all NAME...: the same with all that they depend on, as on a machine
# that has nothing yet.
download_all()
{
	# With the archives that are there already, apt would not name them.
	mkdir -p "$apt/none/partial"
	uris=$(apt-get -c "$apt/apt.conf" -o "Dir::Cache::archives=$apt/none" \
	       -qq --print-uris --no-install-recommends install "$@") ||
		die "there are no packages $* in" \
			"$(grep ^Suites: "$apt/sources/debian.sources" | tr '\n' ' ')"
	say "downloading ($(echo "$uris" |
		awk '{ n += $3 } END { print int(n / 1000000) }') MB)"
	apt_run install --download-only --no-install-recommends --yes "$@" ||
		offline "$@"
	debs=$(echo "$uris" | cut -d ' ' -f 2)
}

# unpack FOLDER: what was downloaded.
unpack()
{
	say "unpacking"
	for deb in $debs; do
		dpkg-deb -x "$apt/archives/$deb" "$1" || die "cannot unpack $deb:" \
			"is there room? $(df -P -h "$1" | awk 'END { print $4 }') are free"
	done
}

# publish NEW FINAL: all at once, so that FINAL is whole or not there.
publish()
{
	sync -f "$1"
	if [ -e "$2" ]; then
		rm -rf "$2.old"
		mv "$2" "$2.old"
	fi
	mv "$1" "$2"
	rm -rf "$2.old" "$apt"
}
